"""What the window asks of the decoder threads, and what they answer."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.posed_body import BodyPicture

Direction = Literal[-1, 1]


@dataclass(frozen=True)
class Look:
    """How frames are wanted: what was made for another look does not fit any more.

    Attributes
    ----------
    epoch : int
        Counts clips and motions: another one, another epoch.
    within : (int, int) or None
        The room on screen in pixels, which is all a picture needs while it plays; None for every pixel of the frame.
    overlay : bool
        Whether the body is drawn over the picture.
    """

    epoch: int = 0
    within: tuple[int, int] | None = None
    overlay: bool = False


@dataclass(frozen=True)
class Request:
    """A frame that is wanted, and how it will go on.

    Attributes
    ----------
    step : int
        While it plays, how many frames on the next one wanted will be; 0 where nobody knows.
    answered : bool
        Whether the frame was prepared and is shown already.
    """

    generation: int
    frame: int
    look: Look
    direction: Direction = 1
    step: int = 0
    answered: bool = False


@dataclass(frozen=True)
class ShownFrame:
    """Everything that belongs on screen together.

    Attributes
    ----------
    frame : int
    picture : (h, w, 4) uint8 array or None
        Blue, green, red and nothing, as screens have it. None where the clip cannot be decoded. May be smaller than
        the clip.
    problem : str or None
        What is wrong with this frame or, where there is a picture all the same, with the file.
    vertices : (V, 3) float32 array or None
        The body, metres in the CAMERA frame.
    joints : (24, 3) float32 array or None
    overlay : BodyPicture or None
        The body drawn as the camera sees it.
    exact : bool
        False for the picture of the proxy: the right frame, but coarser; the exact one follows.
    damaged : set of int
        Where the frame cannot be decoded: it, and all others known to be so.
    """

    frame: int
    picture: NDArray[np.uint8] | None
    problem: str | None
    vertices: NDArray[np.float32] | None = None
    joints: NDArray[np.float32] | None = None
    overlay: BodyPicture | None = None
    exact: bool = True
    damaged: frozenset[int] = frozenset()


@dataclass(frozen=True)
class CacheFill:
    """How much of the cache for decoded frames is in use, in bytes."""

    used: int
    limit: int


class PreparedFrames:
    """The frames that are due next while it plays, ready for the screen.

    One thread prepares them, another takes them.
    """

    def __init__(self) -> None:
        self._frames: dict[tuple[int, Look], ShownFrame] = {}

    def has(self, frame: int, *, look: Look) -> bool:
        """Say whether a frame is ready."""
        return (frame, look) in self._frames

    def put(self, shown: ShownFrame, *, look: Look) -> None:
        """Keep a frame until it is taken."""
        self._frames[shown.frame, look] = shown

    def take(self, frame: int, *, look: Look) -> ShownFrame | None:
        """Hand a frame out, if it was prepared and looks as it should."""
        return self._frames.pop((frame, look), None)

    def keep_only(self, frames: range, *, look: Look) -> None:
        """Forget all others: they were skipped, or are not wanted any more."""
        for frame, other in list(self._frames):
            if frame not in frames or other != look:
                self._frames.pop((frame, other), None)
