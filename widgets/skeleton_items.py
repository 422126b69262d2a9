"""The skeleton over the picture: one graphics item that paints and hit-tests all joints and bones.

Source is shape, side is colour, so people who see few colours can read it too. Markers keep their size on screen
whatever the zoom: the item paints in viewport pixels.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotation.labels import Source, Visibility
from annotation.pose_moves import Positions
from annotation.skeletons import Skeleton, joint_title
from widgets.markers import Halo, Marker, MarkerPictures, bone_color, side_color
from widgets.theme import ThemeColors

MIN_OPACITY = 0.25
HIT_RADIUS_PX = 11.0
_HUGE = QRectF(-1e5, -1e5, 2e5, 2e5)
SOURCE_NAMES = {Source.PREDICTED: "predicted", Source.INTERPOLATED: "interpolated", Source.LABELLED: "labelled"}


@dataclass(frozen=True)
class PoseMarks:
    """One frame of a resolved track.

    Attributes
    ----------
    xy : (K, 2) float32 array
        Frame pixels, NaN where missing.
    confidence : (K,) float32 array
    source : (K,) uint8 array
        `Source` values.
    visibility : (K,) uint8 array
        `Visibility` values.
    """

    xy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    source: NDArray[np.uint8]
    visibility: NDArray[np.uint8]

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Which joints are drawn (K,): those with a position that nobody called absent."""
        found = np.isfinite(self.xy).all(axis=1) & (self.source != Source.MISSING)
        result: NDArray[np.bool_] = found & (self.visibility != Visibility.ABSENT)
        return result

    @property
    def opacity(self) -> NDArray[np.float64]:
        """How strongly joints are drawn (K,): predictions by their confidence, everything else fully."""
        by_confidence = np.clip(np.nan_to_num(self.confidence, nan=0.0), MIN_OPACITY, 1.0)
        result: NDArray[np.float64] = np.where(self.source == Source.PREDICTED, by_confidence, 1.0)
        return result

    def moved(self, positions: Positions) -> "PoseMarks":
        """Return the pose with some joints elsewhere."""
        changed = self.xy.copy()
        for joint, xy in positions.items():
            changed[joint] = xy
        return replace(self, xy=changed)


class SkeletonItem(QGraphicsItem):
    """Paints a pose in constant screen size; scene coordinates are frame pixels.

    Parameters
    ----------
    colors : ThemeColors
    """

    def __init__(self, colors: ThemeColors) -> None:
        super().__init__()
        self._colors = colors
        self._skeleton: Skeleton | None = None
        self._pose: PoseMarks | None = None
        self._preview: Positions | None = None
        self._selected: frozenset[int] = frozenset()
        self._hovered = -1
        self._unit = 1.0
        self._joint_colors: list[QColor] = []
        self._bones: list[tuple[int, int, QColor]] = []
        self._pictures: MarkerPictures | None = None
        self._pens: dict[tuple[int, float, int], QPen] = {}
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    # --- what is shown

    def set_unit(self, unit: float) -> None:
        """Set the size of one design pixel in logical pixels (screen DPI / 96)."""
        self._unit = unit
        self._pens.clear()
        self._pictures = None
        self.update()

    def set_colors(self, colors: ThemeColors) -> None:
        """Set the theme's colours."""
        self._colors = colors
        self._pictures = None
        self._recolor()

    def set_skeleton(self, skeleton: Skeleton | None) -> None:
        """Set the skeleton; the pose is forgotten."""
        self._skeleton, self._pose, self._preview = skeleton, None, None
        self._selected, self._hovered = frozenset(), -1
        self._recolor()

    def set_pose(self, pose: PoseMarks | None) -> None:
        """Set the pose of the frame; a joint being moved stays where the hand holds it."""
        self._pose = pose
        self.update()

    def set_preview(self, preview: Positions | None) -> None:
        """Show some joints elsewhere (frame pixels) until called with None; repaints only around them."""
        if preview is None or self._preview is None:
            self._preview = preview
            self.update()  # the name beside the joint comes or goes
            return
        before = self._rect_around({*self._preview, *preview})
        self._preview = preview
        self.update(before)
        self.update(self._rect_around(preview))

    def set_selected(self, joints: Collection[int]) -> None:
        """Set which joints carry the accent halo."""
        self._selected = frozenset(joints)
        self.update()

    def set_hovered(self, joint: int) -> None:
        """Set the joint whose name is shown, -1 for none."""
        self._hovered = joint
        self.update()

    @property
    def skeleton(self) -> Skeleton | None:
        """The skeleton shown."""
        return self._skeleton

    @property
    def selected(self) -> frozenset[int]:
        """The joints with a halo."""
        return self._selected

    @property
    def hovered(self) -> int:
        """The joint whose name is shown, -1 for none."""
        return self._hovered

    @property
    def shown(self) -> PoseMarks | None:
        """The pose as it is painted, with the joint being moved where the hand holds it."""
        if self._pose is None or self._preview is None:
            return self._pose
        return self._pose.moved(self._preview)

    def hit(self, position: QPointF, to_viewport: QTransform) -> int:
        """Return the joint nearest to a viewport position within the hit radius, -1 if there is none."""
        pose = self.shown
        if pose is None or not self.isVisible() or not pose.drawn.any():
            return -1
        x = pose.xy[:, 0] * to_viewport.m11() + to_viewport.dx() - position.x()
        y = pose.xy[:, 1] * to_viewport.m22() + to_viewport.dy() - position.y()
        distance = np.where(pose.drawn, np.hypot(x, y), np.inf)
        nearest = int(np.argmin(distance))
        return nearest if distance[nearest] <= HIT_RADIUS_PX * self._unit else -1

    def within(self, area: QRectF, to_viewport: QTransform) -> frozenset[int]:
        """Return the joints drawn inside a viewport rectangle."""
        pose = self.shown
        if pose is None or not self.isVisible():
            return frozenset()
        points = (to_viewport.map(QPointF(*xy)) for xy in np.nan_to_num(pose.xy).tolist())
        return frozenset(k for k, point in enumerate(points) if pose.drawn[k] and area.contains(point))

    def _recolor(self) -> None:
        if self._skeleton is not None:
            joints = self._skeleton.joints
            self._joint_colors = [side_color(joint, self._colors) for joint in joints]
            self._bones = [(a, b, bone_color(joints[a], joints[b], self._colors)) for a, b in self._skeleton.bones]
        self.update()

    def _rect_around(self, joints: Collection[int]) -> QRectF:
        """The scene rectangle that joints and their bones may cover."""
        pose, scene = self.shown, self.scene()
        if pose is None or scene is None or not scene.views():
            return _HUGE
        neighbours = {*joints, *(k for a, b, _ in self._bones if a in joints or b in joints for k in (a, b))}
        points = pose.xy[[k for k in neighbours if pose.drawn[k]]]
        if not len(points):
            return _HUGE
        margin = 24 * self._unit / max(scene.views()[0].transform().m11(), 1e-6)
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return QRectF(left, top, right - left, bottom - top).adjusted(-margin, -margin, margin, margin)

    # --- painting

    def boundingRect(self) -> QRectF:
        """Cover everything: markers have no size in the scene."""
        return _HUGE

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint bones below, markers above, the name of the hovered joint on top."""
        pose = self.shown
        if pose is None or self._skeleton is None:
            return
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        drawn, xy = pose.drawn.tolist(), pose.xy.tolist()
        points = [transform.map(QPointF(*at)) if ok else None for ok, at in zip(drawn, xy, strict=True)]
        self._paint_bones(painter, points, opacity=pose.opacity.tolist())
        self._paint_markers(painter, points, pose=pose)
        painter.setOpacity(1.0)
        if 0 <= self._hovered < len(points) and self._preview is None and (point := points[self._hovered]) is not None:
            self._paint_name(painter, point, pose=pose, area=QRectF(painter.viewport()))
        painter.restore()

    def _paint_bones(self, painter: QPainter, points: list[QPointF | None], *, opacity: list[float]) -> None:
        lines = [
            (p, q, color, min(opacity[a], opacity[b]))
            for a, b, color in self._bones
            if (p := points[a]) is not None and (q := points[b]) is not None
        ]
        for p, q, _, strength in lines:
            painter.setPen(self._bone_pen(self._colors.outline, 4.2, alpha=0.55 * strength))
            painter.drawLine(p, q)
        for p, q, color, strength in lines:
            painter.setPen(self._bone_pen(color, 2.2, alpha=0.9 * strength))
            painter.drawLine(p, q)

    def _bone_pen(self, color: QColor, width: float, *, alpha: float) -> QPen:
        """A pen of one of 33 strengths; Qt strokes flat caps about six times faster than round ones."""
        step = round(32 * alpha)
        key = (color.rgb(), width, step)
        if key not in self._pens:
            faded = QColor(color)
            faded.setAlphaF(step / 32)
            self._pens[key] = QPen(faded, width * self._unit, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        return self._pens[key]

    def _paint_markers(self, painter: QPainter, points: list[QPointF | None], *, pose: PoseMarks) -> None:
        pictures = self._pictures_for(painter)
        opacity, source = pose.opacity.tolist(), pose.source.tolist()
        occluded = (pose.visibility == Visibility.OCCLUDED).tolist()
        chosen = Halo.SELECTED if len(self._selected) == 1 else Halo.ONE_OF_SEVERAL
        for joint in sorted(range(len(points)), key=lambda k: (k in self._selected, source[k])):
            point = points[joint]
            if point is None:
                continue
            halo = Halo.HOVERED if joint == self._hovered else Halo.NONE
            halo = chosen if joint in self._selected else halo
            painter.setOpacity(1.0 if halo is chosen else opacity[joint])
            color = self._joint_colors[joint].rgb()
            pictures.draw(painter, point, Marker(color, source[joint], occluded[joint], halo))

    def _pictures_for(self, painter: QPainter) -> MarkerPictures:
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        if self._pictures is None or self._pictures.device_pixel_ratio != ratio:
            self._pictures = MarkerPictures(self._colors, self._unit, device_pixel_ratio=ratio)
        return self._pictures

    def _paint_name(self, painter: QPainter, point: QPointF, *, pose: PoseMarks, area: QRectF) -> None:
        assert self._skeleton is not None
        joint, u = self._hovered, self._unit
        words = [joint_title(self._skeleton.joints[joint])]
        source = Source(int(pose.source[joint]))
        if source is Source.PREDICTED:
            words.append(f"{pose.confidence[joint]:.2f}")
        words.append(SOURCE_NAMES[source])
        if pose.visibility[joint] == Visibility.OCCLUDED:
            words.append("occluded")
        text = "  ".join(words)
        metrics = QFontMetricsF(painter.font())
        chip = QRectF(0, 0, metrics.horizontalAdvance(text) + 28 * u, metrics.height() + 8 * u)
        chip.moveBottomLeft(point + QPointF(14 * u, -10 * u))
        chip.moveRight(min(chip.right(), area.right() - 4 * u))
        chip.moveTop(max(chip.top(), area.top() + 4 * u))
        painter.setPen(QPen(self._colors.border, 1))
        painter.setBrush(self._colors.window)
        painter.drawRoundedRect(chip, 4 * u, 4 * u)
        painter.setBrush(self._joint_colors[joint])
        painter.drawEllipse(QPointF(chip.left() + 11 * u, chip.center().y()), 4 * u, 4 * u)
        painter.setPen(self._colors.text)
        painter.drawText(chip.adjusted(20 * u, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
