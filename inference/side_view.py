"""A panel beside the video with the body seen from the side: how far it is from the wall, how it moves up."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.appearance import clothes
from annotation.body import Body
from annotation.poses import MeshSequence, Plane
from annotation.raster import Light, rasterise, shade

Picture = NDArray[np.uint8]

_BACKGROUND = (0x20, 0x24, 0x2B)
_LINE = (0x38, 0x3E, 0x47)
_WALL = (0x8A, 0x8F, 0x98)
_TRAIL = (0xF2, 0xC1, 0x4E)
_TEXT = (0xB4, 0xBA, 0xC4)
_LIGHTS = (Light((-0.4, -0.8, -0.7), 0.65), Light((0.7, 0.1, -0.7), 0.25))
_GRID_M = 0.5
_MARGIN_M = 0.25
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, eq=False)
class SideView:
    """Sees a body along the wall, without perspective; the wall is at the right.

    Attributes
    ----------
    axes : (3, 3) float64 array
        Rows: right (into the wall), down, forward, in the CAMERA frame of the first frame.
    low_m : (float, float)
        What is at the left and the top of the panel along the first two axes.
    px_per_m : float
    size_px : (int, int)
    pelvis : (T, 3) float64 array
        Metres, CAMERA frame of the first frame.
    """

    body: Body
    mesh: MeshSequence
    axes: NDArray[np.float64]
    low_m: tuple[float, float]
    px_per_m: float
    size_px: tuple[int, int]
    pelvis: NDArray[np.float64]
    albedo: NDArray[np.float32]

    @classmethod
    def fitting(cls, body: Body, mesh: MeshSequence, *, height_px: int) -> "SideView":
        """Choose the panel so that all of the motion fits."""
        wall = mesh.wall or Plane((0.0, 0.0, -1.0), -10.0)
        into = -np.array(wall.normal)
        down = np.array([0.0, 1.0, 0.0]) - into * into[1]
        down /= np.linalg.norm(down)
        axes = np.stack([into, down, np.cross(into, down)])
        joints = body.joints(mesh.betas, mesh.pose, transl=mesh.transl)
        if mesh.view_turns is not None:
            joints = np.einsum("tkj,tji->tki", joints, mesh.view_turns)
        seen = joints[mesh.valid] @ axes.T if mesh.valid.any() else np.zeros((1, 1, 3))
        low, high = seen.min((0, 1)) - _MARGIN_M, seen.max((0, 1)) + _MARGIN_M
        if mesh.wall is not None:
            high[0] = max(high[0], -wall.offset_m + 0.15)
        px_per_m = height_px / (high[1] - low[1])
        width_px = int(np.clip((high[0] - low[0]) * px_per_m, 0.25 * height_px, 0.75 * height_px)) // 2 * 2
        px_per_m = min(px_per_m, width_px / (high[0] - low[0]))
        size = (width_px, height_px)
        return cls(body, mesh, axes, (low[0], low[1]), px_per_m, size, joints[:, 0], clothes(body))

    def draw(self, frame: int, vertices: NDArray[np.floating] | None) -> Picture:
        """Return the panel (h, w, 3) with the body of a frame, vertices (V, 3) in the CAMERA frame of the mesh."""
        width, height = self.size_px
        panel = np.full((height, width, 3), _BACKGROUND, np.uint8)
        self._draw_wall(panel)
        self._draw_trail(panel, frame)
        if vertices is not None:
            seen = self.mesh.in_first_frame(vertices, frame) @ self.axes.T
            colors = shade(seen, self.body.faces, albedo=self.albedo, lights=_LIGHTS, ambient=0.35)
            points = np.column_stack([self._to_px(seen), seen[:, 2] - seen[:, 2].min() + 1])
            raster = rasterise(points, self.body.faces, colors=colors, size_px=self.size_px, cull_back=True)
            panel[raster.covered] = raster.rgb[raster.covered]
        _write(panel, "from the side", at=(10, height - 12))
        return panel

    def _to_px(self, seen: NDArray[np.floating]) -> NDArray[np.floating]:
        pixels: NDArray[np.floating] = (seen[..., :2] - np.array(self.low_m)) * self.px_per_m
        return pixels

    def _draw_wall(self, panel: Picture) -> None:
        width, height = self.size_px
        for line in range(int(height / self.px_per_m / _GRID_M) + 1):
            y = height - 1 - round(line * _GRID_M * self.px_per_m)
            cv2.line(panel, (0, y), (width, y), _LINE, 1)
        _write(panel, f"{_GRID_M:g} m", at=(10, height - 18 - round(_GRID_M * self.px_per_m / 2)))
        if self.mesh.wall is not None:
            x = round((-self.mesh.wall.offset_m - self.low_m[0]) * self.px_per_m)
            panel[:, max(0, x) :] = (panel[:, max(0, x) :] * 0.6 + np.array(_WALL) * 0.4).astype(np.uint8)
            cv2.line(panel, (x, 0), (x, height), _WALL, 2)
        for plane in self.mesh.walls[1:]:
            corners = self._to_px(np.array(plane.outline).reshape(-1, 3) @ self.axes.T)
            if len(corners):
                cv2.polylines(
                    panel, [np.round(corners).astype(np.int32).reshape(-1, 1, 2)], True, _WALL, 2, cv2.LINE_AA
                )

    def _draw_trail(self, panel: Picture, frame: int) -> None:
        """Draw where the pelvis has been."""
        so_far = self._to_px(self.pelvis[: frame + 1][self.mesh.valid[: frame + 1]] @ self.axes.T)
        points = np.round((so_far - 0.5) * 2**_SUBPIXEL_BITS).astype(np.int32)
        if len(points) > 1:
            cv2.polylines(panel, [points.reshape(-1, 1, 2)], False, _TRAIL, 2, cv2.LINE_AA, _SUBPIXEL_BITS)


def _write(picture: Picture, text: str, *, at: tuple[int, int]) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, _TEXT, 1, cv2.LINE_AA)
