"""How long the timeline of a very long clip takes to paint, pan and zoom, against a widget that only fills its area.

Processor time is measured, so that others on the machine do not count.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from annotation.joint_groups import JointGroup
from annotation.labels import Event, Label, ResolvedTrack, Source, Track, Visibility
from annotation.skeletons import load_skeleton
from app.track_lanes import TrackLanes, reviewed_mask
from widgets.theme import colors_of
from widgets.timeline import Timeline

N_FRAMES = 100_000
SIZES = {"1366 px": (1366, 320, 16.0), "4K": (3840, 420, 33.0)}
"""Width, height, and the budget in ms."""


class Bare(QWidget):
    """Fills its area and does nothing else."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors_of(self).surface)
        painter.end()


def median_ms(work: Callable[[int], None], *, repeats: int = 40) -> float:
    times = []
    for i in range(repeats):
        start = time.process_time()
        work(i)
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times[3:])


def labelled_everywhere() -> tuple[Track, ResolvedTrack, np.ndarray]:
    """A track in which every frame has labels of some joints, what it amounts to, and the confidence (T,)."""
    rng = np.random.default_rng(0)
    skeleton = load_skeleton("climbalong25")
    shape = (N_FRAMES, len(skeleton))
    source = rng.choice([Source.PREDICTED, Source.INTERPOLATED, Source.LABELLED], shape).astype(np.uint8)
    xy, confidence = np.zeros((*shape, 2), np.float32), rng.uniform(0, 1, shape).astype(np.float32)
    resolved = ResolvedTrack(xy, confidence, source, np.full(shape, Visibility.VISIBLE, np.uint8), skeleton)
    track = Track("t", "c", "Ana", "climbalong25", reviewed=set(range(0, N_FRAMES, 2)))
    track.labels[0, 0] = Label((1.0, 1.0))
    return track, resolved, confidence.mean(axis=1)


def filled(widget: Timeline) -> None:
    track, resolved, confidence = labelled_everywhere()
    lanes = TrackLanes()
    lanes.update(track, resolved)
    rng = np.random.default_rng(1)
    widget.set_length(N_FRAMES, fps=60.0)
    widget.set_summary(lanes.summary)
    widget.set_groups(lanes.groups)
    widget.set_expanded(expanded=True)
    widget.set_confidence(confidence)
    widget.set_reviewed(reviewed_mask(track, n_frames=N_FRAMES))
    widget.set_doubts(np.sort(rng.integers(0, N_FRAMES, 2000)), rng.choice(["jump", "limb length"], 2000).tolist())
    widget.set_suggestions(rng.integers(0, N_FRAMES, 5000))
    widget.set_events([Event(frame, frame + 900, f"chapter {frame}") for frame in range(0, N_FRAMES, 1000)])


@pytest.mark.benchmark
@pytest.mark.parametrize("size", SIZES)
def test_a_hundred_thousand_labelled_frames_are_fluid(qtbot, size: str) -> None:
    timeline, bare = Timeline(), Bare()
    width, height, budget_ms = SIZES[size]
    for widget in (timeline, bare):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        with qtbot.waitExposed(widget):
            widget.show()
    filled(timeline)
    assert len(timeline.lanes.groups) == len(JointGroup)

    def paint_anew(_: int) -> None:
        timeline.moved_view()
        timeline.repaint()

    def pan(i: int) -> None:
        timeline.viewport.pan(37.0 if i % 2 else -37.0)
        paint_anew(i)

    def zoom(i: int) -> None:
        timeline.zoom_by(1.3)
        timeline.repaint()

    def move_playhead(i: int) -> None:
        timeline.set_frame(i * 997 % N_FRAMES)
        timeline.repaint()

    plain = median_ms(lambda _: bare.repaint())
    whole, playhead = median_ms(paint_anew), median_ms(move_playhead)
    zooming = median_ms(zoom)
    timeline.show_all()
    timeline.zoom_by(40)
    panned = median_ms(pan)
    figures = {"whole clip": whole, "zoom": zooming, "pan": panned, "playhead": playhead}
    words = ", ".join(f"{name} {ms:.2f} ms ({ms / plain:.0f}x)" for name, ms in figures.items())
    print(f"\n{size}: bare repaint {plain:.2f} ms, {words}")
    assert max(whole, zooming, panned) < budget_ms
    assert playhead < whole / 2, "moving the playhead must not paint the lanes anew"


@pytest.mark.benchmark
def test_one_edit_is_counted_without_counting_all_frames() -> None:
    track, resolved, _ = labelled_everywhere()
    lanes = TrackLanes()
    start = time.process_time()
    lanes.update(track, resolved)
    first_ms = 1000 * (time.process_time() - start)

    def edit(i: int) -> None:
        resolved.source[50_000 + i, i % 25] = Source.LABELLED if i % 2 else Source.PREDICTED
        lanes.update(track, resolved)
        assert len(lanes.summary.keyframes) and len(lanes.groups) == 6

    plain_ms = median_ms(lambda _: np.array_equal(resolved.source, lanes._source))
    edit_ms = median_ms(edit)
    print(
        f"\nlanes of {N_FRAMES} frames: first {first_ms:.1f} ms, an edit {edit_ms:.1f} ms ({edit_ms / plain_ms:.0f}x)"
    )
    assert edit_ms < first_ms
