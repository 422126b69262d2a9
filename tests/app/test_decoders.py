"""Reading ahead: what comes next is ready, but it makes way for what a person waits for."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from annotation.video import scan_clip
from app.decoders import ExactDecoder
from app.frame_request import Look, Request


def test_frames_are_read_ahead_but_not_while_something_else_is_waited_for(qtbot: QtBot, coded_clip: Path) -> None:
    decoder = ExactDecoder(cache_bytes=None)
    decoder.set_clip(scan_clip(coded_clip, clip_id="clip"))
    request = Request(decoder.latest, 10, Look())
    decoder.resting = True
    decoder.show(request)
    QCoreApplication.processEvents()
    assert decoder.has(10)
    assert not decoder.has(40)
    decoder.resting = False
    decoder.show(request)
    qtbot.waitUntil(lambda: decoder.has(40))
    decoder.set_clip(None)
