"""``betascope video``: what is in a file, and its frames as pictures, without a screen."""

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from app.cli import main

MakeClip = Callable[..., Path]


def test_info_tells_frames_times_and_key_frames(
    tmp_path: Path, make_clip: MakeClip, capsys: pytest.CaptureFixture[str]
) -> None:
    times_ms = [0, 40, 100, 130, 200, 210, 300, 340, 380, 500]
    path = make_clip(tmp_path / "a.mp4", n_frames=10, times_ms=times_ms, g=4, bf=0, rotation=90, sc_threshold=0)
    assert main(["video", "info", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["frames"], told["size"], told["rotation"], told["codec"]) == (10, [200, 120], 90, "h264")
    assert told["times_s"] == pytest.approx([t / 1000 for t in times_ms], abs=1e-9)
    assert told["key_frames"] == [0, 4, 8]
    assert told["variable"]
    assert main(["video", "info", str(path)]) == 0
    assert "10 frames" in capsys.readouterr().out


def test_frames_are_written_as_pictures_with_their_number(
    tmp_path: Path, coded_clip: Path, read_code: Callable[[np.ndarray], int], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pictures"
    assert main(["video", "frames", str(coded_clip), "--frames", "0,10,42", "--out", str(out), "--json"]) == 0
    files = [Path(name) for name in json.loads(capsys.readouterr().out)["files"]]
    assert [int(path.stem) for path in files] == [0, 10, 42]
    for path in files:
        with av.open(str(path)) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
        assert read_code(picture) == int(path.stem)


def test_a_frame_that_is_not_there(tmp_path: Path, coded_clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["video", "frames", str(coded_clip), "--frames", "0,60", "--out", str(tmp_path / "out")]) == 1
    assert "no frame 60" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("numbers", ["-1", "1,x"])
def test_numbers_that_are_none(numbers: str, coded_clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["video", "frames", str(coded_clip), f"--frames={numbers}", "--out", "."])
    assert stopped.value.code == 2
    assert "--frames" in capsys.readouterr().err
