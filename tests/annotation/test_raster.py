"""Pictures of meshes: coverage, occlusion, colours and shading against answers known by geometry."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.poses import Camera
from annotation.raster import Light, Raster, rasterise, render_mesh, shade, vertex_normals

RED, GREEN, BLUE = np.eye(3)


def sphere(radius_m: float, center: tuple[float, float, float], *, n: int = 40) -> tuple[NDArray, NDArray]:
    """A closed sphere, faces counter-clockwise seen from outside."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, n + 1), np.linspace(0, 2 * np.pi, 2 * n + 1)[:-1], indexing="ij")
    points = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    row, column = (index.ravel() for index in np.mgrid[0:n, 0 : 2 * n])
    following = (column + 1) % (2 * n)
    a, b = row * 2 * n + column, row * 2 * n + following
    c, d = a + 2 * n, b + 2 * n
    faces = np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)])
    return points.reshape(-1, 3) * radius_m + np.array(center), faces


def triangle(*corners: tuple[float, float, float], color: NDArray, size: tuple[int, int] = (20, 10)) -> Raster:
    faces = np.array([[0, 1, 2]])
    return rasterise(np.array(corners), faces, colors=np.tile(color, (3, 1)), size_px=size)


def test_a_pixel_is_covered_exactly_if_its_centre_lies_inside() -> None:
    corners = np.array([[2.3, 1.2], [17.8, 3.1], [6.4, 9.7]])
    picture = triangle(*[(x, y, 2.0) for x, y in corners], color=RED)
    x, y = np.meshgrid(np.arange(20) + 0.5, np.arange(10) + 0.5)
    inside = np.ones((10, 20), bool)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inside &= (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0
    np.testing.assert_array_equal(picture.covered, inside)
    assert (picture.rgb[inside] == [255, 0, 0]).all()
    assert (picture.rgb[~inside] == 0).all()
    np.testing.assert_allclose(picture.depth[inside], 2, rtol=1e-5)


def test_neighbouring_triangles_leave_no_gap() -> None:
    rng = np.random.default_rng(1)
    n = 12
    x, y = np.meshgrid(np.linspace(-3, 43, n), np.linspace(-3, 33, n))
    points = np.stack([x, y, np.ones_like(x)], axis=-1)
    points[1:-1, 1:-1, :2] += rng.uniform(-1.2, 1.2, (n - 2, n - 2, 2))
    row, column = (index.ravel() for index in np.mgrid[0 : n - 1, 0 : n - 1])
    a = row * n + column
    faces = np.concatenate([np.stack([a, a + 1, a + n], axis=1), np.stack([a + 1, a + n + 1, a + n], axis=1)])
    picture = rasterise(points.reshape(-1, 3), faces, colors=np.ones((n * n, 3)), size_px=(40, 30))
    assert picture.covered.all()


def test_the_nearer_triangle_hides_the_farther_one_whatever_the_order() -> None:
    vertices = np.array([[0, 0, 3.0], [20, 0, 3], [0, 20, 3], [0, 0, 2], [20, 0, 5], [0, 20, 2]])
    colors = np.concatenate([np.tile(RED, (3, 1)), np.tile(GREEN, (3, 1))])
    faces = np.array([[0, 1, 2], [3, 4, 5]])
    one, other = (rasterise(vertices, order, colors=colors, size_px=(20, 20)) for order in (faces, faces[::-1]))
    np.testing.assert_array_equal(one.rgb, other.rgb)
    assert tuple(one.rgb[5, 0]) == (0, 255, 0)
    assert tuple(one.rgb[1, 17]) == (255, 0, 0)


def test_colours_and_depth_vary_linearly_between_the_corners() -> None:
    vertices = np.array([[0.5, 0.5, 1.0], [100.5, 0.5, 1.0], [0.5, 100.5, 3.0]])
    picture = rasterise(vertices, np.array([[0, 1, 2]]), colors=np.eye(3), size_px=(101, 101))
    np.testing.assert_allclose(picture.rgb[0, 50], [127.5, 127.5, 0], atol=1)
    np.testing.assert_allclose(picture.rgb[50, 0], [127.5, 0, 127.5], atol=1)
    assert picture.depth[50, 0] == pytest.approx(1.5, abs=0.01)  # 1/z is linear in a picture: 2 / (1/1 + 1/3)


def test_triangles_outside_and_behind_are_left_out() -> None:
    assert not triangle((-5, -5, 1), (-1, -5, 1), (-3, -1, 1), color=RED).covered.any()
    assert not triangle((0, 0, 1), (20, 0, -1), (0, 10, 1), color=RED).covered.any()
    assert not triangle((3, 3, 1), (3, 3, 1), (3, 3, 1), color=RED).covered.any()


def test_a_triangle_far_larger_than_the_picture_fills_it() -> None:
    assert triangle((-4000, -4000, 1), (9000, -4000, 1), (-4000, 9000, 1), color=BLUE).covered.all()


def test_a_rendered_sphere_has_the_outline_and_depth_of_a_sphere() -> None:
    camera = Camera(400.0, (150.0, 100.0), (300, 200))
    vertices, faces = sphere(0.5, (0.2, -0.1, 4.0))
    picture = render_mesh(vertices, faces, camera=camera, colors=np.ones_like(vertices))
    x, y = np.meshgrid(np.arange(300) + 0.5, np.arange(200) + 0.5)
    rays = np.stack([(x - 150) / 400, (y - 100) / 400, np.ones_like(x)], axis=-1)
    center = np.array([0.2, -0.1, 4.0])
    along = (rays @ center) / (rays**2).sum(-1)
    missed = np.linalg.norm(rays * along[..., None] - center, axis=-1)
    assert not picture.covered[missed > 0.5].any()
    assert picture.covered[missed < 0.49].all()
    assert picture.depth.min() == pytest.approx(np.linalg.norm(center) - 0.5, abs=0.02)


def test_a_smaller_picture_shows_the_same() -> None:
    camera = Camera(400.0, (150.0, 100.0), (300, 200))
    vertices, faces = sphere(0.5, (0.2, -0.1, 4.0))
    colors = shade(vertices, faces, albedo=np.array([0.9, 0.6, 0.3]))
    full = render_mesh(vertices, faces, camera=camera, colors=colors)
    half = render_mesh(vertices, faces, camera=camera, colors=colors, scale=0.5)
    assert half.rgb.shape == (100, 150, 3)
    inside = full.covered.reshape(100, 2, 150, 2).all((1, 3)) & half.covered
    mean = full.rgb.reshape(100, 2, 150, 2, 3).mean((1, 3))
    assert inside.sum() > 0.2 * full.covered.sum()
    np.testing.assert_allclose(half.rgb[inside], mean[inside], atol=6)


def test_normals_of_a_sphere_point_outwards() -> None:
    vertices, faces = sphere(2.0, (0, 0, 0))
    np.testing.assert_allclose(vertex_normals(vertices, faces)[100:-100], vertices[100:-100] / 2, atol=0.03)


def test_shading_is_bright_towards_the_lamp_and_ambient_away_from_it() -> None:
    vertices, faces = sphere(1.0, (0, 0, 0))
    lamp = Light((0, 0, -5.0), 0.6)
    colors = shade(vertices, faces, albedo=np.array([1.0, 0.5, 0.0]), lights=(lamp,), ambient=0.2)
    towards, away = vertices[:, 2].argmin(), vertices[:, 2].argmax()
    np.testing.assert_allclose(colors[towards], [0.8, 0.4, 0.0], atol=0.01)
    np.testing.assert_allclose(colors[away], [0.2, 0.1, 0.0], atol=0.01)
