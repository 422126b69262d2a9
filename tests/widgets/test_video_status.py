"""The line about the video."""

import pytest

from widgets.video_status import VideoStatus


@pytest.fixture
def status(qtbot):
    widget = VideoStatus()
    qtbot.addWidget(widget)
    return widget


def test_it_says_everything_in_one_line(status):
    status.set_clip((1080, 1920), codec="hevc", fps=29.97, variable_fps=False)
    status.set_frame(412, 13.747, exact=True)
    status.set_dropped(3)
    status.set_cache(512 << 20, 2048 << 20)
    for words in ("frame 412", "00:13.747", "29.97 fps", "hevc", "1080 × 1920", "3 dropped", "cache 25 %"):
        assert words in status.text
    assert "512 of 2048 MB" in status._cache.toolTip()
    assert "preview" not in status.text and "proxy" not in status.text


def test_a_variable_rate_a_proxy_and_a_coarse_picture_are_said(status):
    status.set_clip((1080, 1920), codec="h264", fps=27.3, variable_fps=True, proxy_bytes=30 << 20)
    status.set_frame(1, 0.04, exact=False)
    assert "variable" in status.text and "27.3" not in status.text
    assert "proxy 30.0 MB" in status.text and "preview" in status.text


def test_without_a_clip_it_is_gone(status):
    status.set_clip(None)
    assert status.isHidden()


def test_where_there_is_little_room_the_file_ends_in_an_ellipsis_and_the_rest_stays_whole(status, qtbot):
    status.set_clip((1080, 1920), codec="hevc", fps=29.97, variable_fps=False, proxy_bytes=30 << 20)
    status.set_frame(412, 13.747, exact=True)
    status.set_cache(512 << 20, 2048 << 20)
    with qtbot.waitExposed(status):
        status.show()
    status.resize(status.sizeHint().width() - 80, status.height())
    assert status._file.width() < status._file.sizeHint().width()
    for whole in (status._frame, status._dropped, status._cache):
        assert whole.width() >= whole.sizeHint().width()
    assert "hevc" in status._file.toolTip(), "the whole of it can be read"
