"""The picture of the body over the video: in its place, and cheaper while it moves."""

import numpy as np

from annotation.body import builtin_body
from annotation.poses import Camera, MeshSequence
from app.posed_body import PosedBody, coarse_faces

SIZE = (1080, 1920)


def standing(x_m: float) -> PosedBody:
    body = builtin_body()
    mesh = MeshSequence(
        body.name,
        np.zeros(body.n_betas, np.float32),
        np.array([[np.pi, 0, 0]], np.float32),
        np.zeros((1, 23, 3), np.float32),
        np.array([[x_m, 0, 4]], np.float32),
        np.ones(1, bool),
        Camera.guess(SIZE),
    )
    return PosedBody(mesh, body)


def on_frame(posed: PosedBody, *, within: tuple[int, int] | None) -> np.ndarray:
    """Where the body covers the frame, on a grid of 10 pixels."""
    vertices, _ = posed.at(0)
    assert vertices is not None
    picture = posed.drawn(vertices, within=within)
    assert picture is not None
    left, top, width, height = picture.box
    alpha = picture.rgba[..., 3]
    covered = np.zeros((SIZE[1] // 10, SIZE[0] // 10), bool)
    y, x = np.mgrid[5 : SIZE[1] : 10, 5 : SIZE[0] : 10]
    inside = (x >= left) & (x < left + width) & (y >= top) & (y < top + height)
    rows = ((y - top) / height * alpha.shape[0]).astype(int)[inside]
    columns = ((x - left) / width * alpha.shape[1]).astype(int)[inside]
    covered[inside] = alpha[rows, columns] > 0
    return covered


def test_the_picture_for_playing_covers_what_the_one_at_rest_covers() -> None:
    posed = standing(0.3)
    rest, playing = on_frame(posed, within=None), on_frame(posed, within=(304, 540))
    assert rest.sum() > 1000
    assert (rest & playing).sum() / (rest | playing).sum() > 0.94
    assert np.argwhere(rest)[:, 1].mean() > SIZE[0] / 20, "the body stands right of the middle"


def test_a_body_out_of_sight_has_no_picture() -> None:
    posed = standing(50.0)
    vertices, _ = posed.at(0)
    assert vertices is not None and posed.drawn(vertices) is None


def test_a_coarse_body_has_a_third_of_the_triangles_and_the_same_surface() -> None:
    body = builtin_body()
    faces = coarse_faces(body)
    assert len(faces) < len(body.faces) / 3
    areas = [_area(body.template, some) for some in (body.faces, faces)]
    assert abs(areas[1] / areas[0] - 1) < 0.1


def _area(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
