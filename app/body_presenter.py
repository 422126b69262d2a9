"""The 3D view at work: where from, trails, contacts, the ghost of another frame, turntable and pictures."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from annotation.body import SMPL_JOINTS, Body
from annotation.centre_of_mass import centre_of_mass
from annotation.poses import MeshSequence
from annotation.skeletons import load_skeleton
from app.actions import Act
from app.document import Document
from app.frame_presenter import FramePresenter
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from widgets.body_view import BodyView, DisplayMode, Trail, ViewPreset
from widgets.theme import Theme, colors

_VIEWS = {
    Act.BODY_CAMERA: ViewPreset.CAMERA,
    Act.BODY_FRONT: ViewPreset.FRONT,
    Act.BODY_SIDE: ViewPreset.SIDE,
    Act.BODY_TOP: ViewPreset.TOP,
    Act.BODY_BACK: ViewPreset.BACK,
    Act.BODY_AROUND: ViewPreset.ORBIT,
}
_MENU = (
    Act.MASS_TRAIL,
    Act.JOINT_TRAILS,
    Act.GHOST,
    None,
    Act.TURNTABLE,
    Act.BODY_PICTURE,
)
_TRAIL_S = 20.0
"""A trail goes back this far: longer ones are a tangle, and cost time in every frame."""


class BodyPresenter(QObject):
    """Carries out what the menu Body offers for looking."""

    failed = Signal(str)
    message = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        frames: FramePresenter,
        *,
        body_view: BodyView,
        actions: Actions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._frames = document, view, frames
        self._body_view, self._actions = body_view, actions
        self._paths: tuple[MeshSequence, Body, NDArray[np.float64]] | None = None
        self._ghost: tuple[int, MeshSequence] | None = None
        actions[Act.MASS_TRAIL].setChecked(True)
        body_view.set_actions([None if act is None else actions[act] for act in _MENU])
        body_view.display_changed.connect(self._tick_skeleton)
        frames.body_changed.connect(self._take_body)
        frames.body_followed.connect(self._follow)
        frames.shown.connect(self._show_trails)
        view.joints_changed.connect(lambda: self._show_trails(view.frame))
        self._take_body()

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        actions, body_view = self._actions, self._body_view
        return {
            **{act: partial(self._look, preset) for act, preset in _VIEWS.items()},
            Act.TURNTABLE: lambda: body_view.set_turntable(turning=actions[Act.TURNTABLE].isChecked()),
            Act.BODY_SKELETON: self._choose_mode,
            Act.MASS_TRAIL: lambda: self._show_trails(self._view.frame),
            Act.JOINT_TRAILS: lambda: self._show_trails(self._view.frame),
            Act.GHOST: self._toggle_ghost,
            Act.BODY_PICTURE: self._take_picture,
        }

    def save_picture(self, out: Path) -> None:
        """Write what the 3D view shows into an image file."""
        rgb = self._body_view.screenshot()
        height, width = rgb.shape[:2]
        image = QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        if image.save(str(out)):
            self.message.emit(f"The picture is in {out}.")
        else:
            self.failed.emit(f"{out} cannot be written. Choose another folder, and a name that ends in .png.")

    def _look(self, preset: ViewPreset) -> None:
        if preset is ViewPreset.CAMERA and self._frames.mesh is None:
            self.failed.emit("There is no fitted body to look at through the camera. Fit the body first ({FIT}).")
        self._body_view.show_view(preset)

    def _choose_mode(self) -> None:
        skeleton = self._actions[Act.BODY_SKELETON].isChecked()
        self._body_view.set_display_mode(DisplayMode.SKELETON if skeleton else DisplayMode.MESH)

    def _tick_skeleton(self, mode: DisplayMode) -> None:
        self._actions[Act.BODY_SKELETON].setChecked(mode is DisplayMode.SKELETON)

    def _take_body(self) -> None:
        """Forget what belonged to another motion; a ghost goes with its body, not with a refit of it."""
        mesh, body = self._frames.mesh, self._frames.body
        self._paths = None
        if mesh is None or body is None:
            self._body_view.set_ghost(None, None)
            self._body_view.set_trails(())
            self._ghost = None
            return
        if self._ghost is not None and self._ghost[1].body != mesh.body:
            self._let_ghost_go()
        self._show_trails(self._view.frame)

    # --- trails

    def _show_trails(self, frame: int) -> None:
        joints, clip, mesh = self._joints(), self._view.clip, self._frames.mesh
        if joints is None or clip is None or mesh is None:
            return
        first = max(0, frame - round(_TRAIL_S * clip.timeline.fps))
        recent, turn = joints[first : frame + 1], mesh.view_turn(frame)
        if mesh.view_turns is not None and turn is not None:  # a panning camera sees now where they were then
            recent = np.einsum("tkj,tji,mi->tkm", recent, mesh.view_turns[first : frame + 1], turn)
        trails = [Trail(centre_of_mass(recent))] if self._actions[Act.MASS_TRAIL].isChecked() else []
        if self._actions[Act.JOINT_TRAILS].isChecked():
            trails += [Trail(recent[:, joint], _side_color(SMPL_JOINTS[joint])) for joint in self._chosen_joints()]
        self._body_view.set_trails(trails)

    def _joints(self) -> NDArray[np.float64] | None:
        """Return the joints (T, 24, 3) of the motion on screen, NaN where there is none."""
        mesh, body = self._frames.mesh, self._frames.body
        if mesh is None or body is None:
            return None
        if self._paths is None or self._paths[0] is not mesh:
            joints = body.joints(mesh.betas, mesh.pose, transl=mesh.transl)
            joints[~mesh.valid] = np.nan
            self._paths = mesh, body, joints
        return self._paths[2]

    def _follow(self, frames: slice) -> None:
        """Take over some frames of the same body that moves otherwise in them."""
        mesh, body = self._frames.mesh, self._frames.body
        if self._paths is not None and mesh is not None and self._paths[1] is body:
            joints = self._paths[2]
            joints[frames] = self._paths[1].joints(mesh.betas, mesh.pose_of(frames), transl=mesh.transl[frames])
            joints[frames][~mesh.valid[frames]] = np.nan
            self._paths = mesh, self._paths[1], joints
        self._show_trails(self._view.frame)

    def _chosen_joints(self) -> list[int]:
        """Return the selected joints the body has too."""
        track = self._view.track
        names = () if track is None else load_skeleton(track.skeleton).joints
        chosen = [names[joint] for joint in sorted(self._view.joints) if joint < len(names)]
        return [SMPL_JOINTS.index(name) for name in chosen if name in SMPL_JOINTS]

    # --- ghost

    def _toggle_ghost(self) -> None:
        mesh, body, frame = self._frames.mesh, self._frames.body, self._view.frame
        if self._ghost is not None and self._ghost[0] == frame:
            self._let_ghost_go()
            return
        if mesh is None or body is None or frame >= len(mesh) or not mesh.valid[frame]:
            self.failed.emit("There is no body in this frame to keep as a ghost. Fit the body first ({FIT}).")
            return
        one = slice(frame, frame + 1)
        vertices, joints = body.forward(mesh.betas, mesh.pose_of(one), transl=mesh.transl[one])
        self._ghost = frame, mesh
        self._body_view.set_ghost(vertices[0], joints[0])
        self.message.emit(f"Frame {frame} stays as a ghost. Press the key again there to let it go.")

    def _let_ghost_go(self) -> None:
        self._ghost = None
        self._body_view.set_ghost(None, None)

    # --- pictures

    def _take_picture(self) -> None:
        folder, clip = self._document.folder, self._view.clip
        if folder is not None and clip is not None:
            self.save_picture(folder.parent / f"{clip.path.stem}-body-{self._view.frame:05d}.png")


def _side_color(joint: str) -> tuple[float, float, float] | None:
    c = colors(Theme.DARK)
    color = {"left": c.left, "right": c.right}.get(joint.split("_")[0])
    return None if color is None else (color.redF(), color.greenF(), color.blueF())
