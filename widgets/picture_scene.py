"""What lies over each other in the video view: the frame, the mesh and the skeleton."""

from collections.abc import Collection
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QImage, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem, QGraphicsScene

from annotation.pose_moves import Positions
from annotation.skeleton_tree import tree_of
from annotation.skeletons import Skeleton
from widgets.onion_skin import OnionSkin
from widgets.pose_box import PoseBox
from widgets.skeleton_items import PoseMarks, SkeletonItem
from widgets.theme import ThemeColors

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width, height in frame pixels."""

_LAYOUTS = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGB32}


class PictureScene(QGraphicsScene):
    """A scene in frame pixels; one frame's size of free space around the frame leaves room to pan.

    Attributes
    ----------
    skeleton : SkeletonItem
    box : PoseBox
        Around the selected joints, if there are several.
    onion : OnionSkin
        The keyframes before and after.
    """

    def __init__(self, colors: ThemeColors, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame = QGraphicsPixmapItem()
        self._frame_size = (0, 0)
        self._mesh = QGraphicsPixmapItem()
        self._mesh_box: Box | None = None
        self._mesh.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self.skeleton = SkeletonItem(colors)
        self.box = PoseBox(colors)
        self.onion = OnionSkin(colors)
        for item in (self._frame, self._mesh, self.onion, self.box, self.skeleton):
            self.addItem(item)

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height of the frame, (0, 0) for none."""
        return self._frame_size

    @property
    def picture(self) -> tuple[QPixmap, float]:
        """The frame as it is drawn, and its pixels per frame pixel: below 1 for a smaller picture of it."""
        picture = self._frame.pixmap()
        return picture, picture.width() / max(self._frame_size[0], 1)

    def set_frame(self, rgb: NDArray[np.uint8] | None, *, size: tuple[int, int] | None = None) -> None:
        """Copy a frame, (h, w, 3) RGB or (h, w, 4) BGRX, into the scene, stretched to `size` if given, or clear it."""
        before = self.frame_size
        self._frame.setPixmap(QPixmap() if rgb is None else _pixmap(rgb, _LAYOUTS[rgb.shape[2]]))
        drawn = self._frame.pixmap().size()
        width, height = self._frame_size = (drawn.width(), drawn.height()) if rgb is None or size is None else size
        if rgb is not None:
            self._frame.setTransform(QTransform.fromScale(width / drawn.width(), height / drawn.height()))
        if (width, height) != before:
            self.setSceneRect(QRectF(-width, -height, 3 * width, 3 * height))
            self._stretch_mesh()

    def set_smooth(self, *, smooth: bool) -> None:
        """Blend the pixels of the frame, or show them as squares."""
        modes = Qt.TransformationMode
        self._frame.setTransformationMode(modes.SmoothTransformation if smooth else modes.FastTransformation)

    def set_mesh(self, rgba: NDArray[np.uint8] | None, *, box: Box | None = None) -> None:
        """Copy a picture (h', w', 4), straight alpha, C-contiguous, over the frame or a box of it, or remove it."""
        self._mesh.setPixmap(QPixmap() if rgba is None else _pixmap(rgba, QImage.Format.Format_RGBA8888))
        self._mesh_box = box
        self._stretch_mesh()

    def set_mesh_opacity(self, opacity: float) -> None:
        """Set how strongly the mesh covers the frame, 0..1."""
        self._mesh.setOpacity(opacity)

    def set_looks(self, colors: ThemeColors, *, unit: float) -> None:
        """Set the theme's colours and the size of a design pixel (screen DPI / 96)."""
        self.setBackgroundBrush(colors.canvas)
        self.skeleton.set_colors(colors)
        self.skeleton.set_unit(unit)
        self.box.set_looks(colors, unit=unit)
        self.onion.set_looks(colors, unit=unit)

    def set_skeleton(self, skeleton: Skeleton | None) -> None:
        """Set the joints and bones; forgets the pose."""
        self.skeleton.set_skeleton(skeleton)
        self.onion.set_skeleton(skeleton)
        self._place_box()

    def set_pose(self, pose: PoseMarks | None) -> None:
        """Set the pose of the frame; joints being moved stay where the hand holds them."""
        self.skeleton.set_pose(pose)
        self._place_box()

    def set_preview(self, preview: Positions | None) -> None:
        """Show some joints elsewhere until called with None."""
        self.skeleton.set_preview(preview)
        self._place_box()

    def set_selected(self, joints: Collection[int]) -> None:
        """Set which joints carry the halo, and the box where they are several."""
        self.skeleton.set_selected(joints)
        self._place_box()

    def set_points_visible(self, *, visible: bool) -> None:
        """Show or hide what is drawn of the pose."""
        for item in (self.skeleton, self.onion):
            item.setVisible(visible)
        self.box.setVisible(visible)

    def _place_box(self) -> None:
        pose, skeleton = self.skeleton.shown, self.skeleton.skeleton
        joints = sorted(self.skeleton.selected)
        if pose is None or skeleton is None or len(joints) < 2:
            self.box.set_points(None, None)
            return
        joints = [joint for joint in joints if pose.drawn[joint]]
        self.box.set_points(pose.xy[joints], tree_of(skeleton).pivot(pose.xy, joints))

    def _stretch_mesh(self) -> None:
        size = self._mesh.pixmap().size()
        left, top, width, height = self._mesh_box or (0, 0, *self.frame_size)
        if width and not size.isEmpty():
            self._mesh.setPos(left, top)
            self._mesh.setTransform(QTransform.fromScale(width / size.width(), height / size.height()))


def _pixmap(pixels: NDArray[np.uint8], layout: QImage.Format) -> QPixmap:
    """Copy an array (h, w, channels) whose memory Qt only borrows."""
    height, width = pixels.shape[:2]
    return QPixmap.fromImage(QImage(pixels.data, width, height, pixels.strides[0], layout))
