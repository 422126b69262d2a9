"""A body that is kept under another name than when a motion was fitted with it."""

from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest
from pytestqt.qtbot import QtBot

from annotation.body import builtin_body, write_body
from annotation.body_identity import body_digest
from annotation.edits import SetLabels
from annotation.labels import Label
from app import operations
from app.body_following import Following
from tests.app.body_project import rising
from tests.app.conftest import OpenWindow
from tests.app.fitted_project import SKELETON, add_obeying

START_MS = 30_000


def test_it_follows_corrections(
    qtbot: QtBot, open_window: OpenWindow, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / name)
    bodies = tmp_path / "betascope" / "bodies"
    bodies.mkdir(parents=True)
    body = builtin_body()
    write_body(bodies / "first.npz", replace(body, name="first"))
    with operations.open_for_video(video) as project:
        (clip,) = project.clips.values()
        mesh = replace(rising(clip.n_frames, clip.size), body="mine", body_digest=body_digest(body))
        add_obeying(project, mesh)
        folder = project.folder
    window = open_window(folder)
    following = window.presenters.body_following
    qtbot.waitUntil(lambda: following.state is Following.FOLLOWS, timeout=START_MS)
    place = window.poses.resolved.xy[10, SKELETON.index("left_wrist")] + (-8, 5)
    label = Label((float(place[0]), float(place[1])))
    window.document.push(SetLabels(window.view.track.id, {(10, SKELETON.index("left_wrist")): label}))
    qtbot.waitUntil(lambda: following.state is Following.FOLLOWS, timeout=START_MS)
    assert following.followed is not None
    assert not [text for text in window.toasts.messages() if "no body" in text]
