"""The geometry of the 3D view, without OpenGL: viewpoints, normals, stick figure and wall."""

import numpy as np
import pytest

from annotation.body import SMPL_PARENTS, builtin_body
from annotation.poses import Plane
from tests.widgets.body.pictures import CAMERA, WALL, through
from widgets.body_geometry import (
    StickFigure,
    ViewPreset,
    camera_to_show,
    camera_viewpoint,
    outward_of,
    preset_viewpoint,
    vertex_normals,
    wall_frame,
)


def test_the_camera_view_projects_like_the_video_camera():
    points = np.random.default_rng(1).normal(size=(20, 3)) * 0.5 + [0.1, 0, 4]
    viewpoint = camera_viewpoint(CAMERA, np.array([0.0, 4, 0]))
    assert np.allclose(through(viewpoint, camera_to_show(points), (540, 960)), CAMERA.project(points) / 2)
    letterboxed = through(viewpoint, camera_to_show(points), (1540, 960))
    assert np.allclose(letterboxed, CAMERA.project(points) / 2 + [500, 0])


@pytest.mark.parametrize("preset", [p for p in ViewPreset if p is not ViewPreset.CAMERA])
def test_every_preset_centres_the_body_and_shows_it_whole(preset: ViewPreset):
    center = np.array([0.3, 4.0, 1.2])
    viewpoint = preset_viewpoint(preset, center, radius_m=1.3, outward=outward_of(WALL))
    around = np.random.default_rng(2).normal(size=(500, 3))
    ball = center + 1.29 * around / np.linalg.norm(around, axis=1, keepdims=True)
    pixels = through(viewpoint, ball, (800, 600))
    assert np.allclose(through(viewpoint, center[None], (800, 600)), [[400, 300]])
    assert pixels.min() >= 0 and (pixels <= [800, 600]).all()
    up = through(viewpoint, np.stack([center, center + [0, 0, 0.2]]), (800, 600))
    assert up[1, 1] <= up[0, 1], "z is up in the picture"


def test_front_is_in_front_of_the_wall_and_side_looks_along_it():
    wall = Plane((0.6, 0.0, -0.8), -4.0)
    outward = outward_of(wall)
    front = preset_viewpoint(ViewPreset.FRONT, np.zeros(3), radius_m=1.0, outward=outward)
    side = preset_viewpoint(ViewPreset.SIDE, np.zeros(3), radius_m=1.0, outward=outward)
    assert np.allclose(front.axes[2], -camera_to_show(np.array(wall.normal)))
    assert abs(side.axes[2] @ camera_to_show(np.array(wall.normal))) < 1e-9


def test_orbiting_keeps_distance_and_pivot_and_never_tips_over():
    start = preset_viewpoint(ViewPreset.ORBIT, np.array([1.0, 2, 3]), radius_m=1.0, outward=outward_of(None))
    turned = start.orbited(0.7, 9.0)
    assert turned.distance_m == pytest.approx(start.distance_m)
    assert np.allclose(through(turned, start.pivot[None], (100, 100)), [[50, 50]])
    assert turned.elevation == pytest.approx(np.pi / 2)
    assert np.allclose(turned.axes @ turned.axes.T, np.eye(3))
    assert abs(turned.axes[0, 2]) < 1e-9, "the horizon stays level"


def test_a_pan_moves_what_is_at_the_pivot_by_the_drag():
    start = preset_viewpoint(ViewPreset.ORBIT, np.array([1.0, 2, 3]), radius_m=1.0, outward=outward_of(None))
    panned = start.panned(30, -12, size=(640, 480))
    moved = through(panned, start.pivot[None], (640, 480)) - through(start, start.pivot[None], (640, 480))
    assert np.allclose(moved, [[30, -12]])


def test_normals_point_outward_and_are_those_of_the_faces():
    body = builtin_body()
    normals = vertex_normals(body.faces, len(body.template))(body.template)
    a, b, c = (body.template[body.faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    expected = np.zeros_like(body.template)
    for k in range(3):
        np.add.at(expected, body.faces[:, k], flat)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.abs(normals - expected).max() < 1e-3
    chest = np.argmax(body.template[:, 2])
    assert normals[chest, 2] > 0.5


def test_the_stick_figure_leaves_out_what_has_no_position(climber):
    joints = climber[1].copy()
    joints[20] = np.nan
    figure = StickFigure(SMPL_PARENTS, np.ones((24, 3)))
    vertices = figure.vertices(joints)
    assert np.isfinite(vertices).all()
    triangles = vertices[figure.faces]
    area = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)
    drawn = triangles[area > 1e-10].reshape(-1, 3)
    nearest = np.linalg.norm(drawn[:, None] - np.delete(joints, 20, axis=0)[None], axis=-1).min(axis=1)
    assert nearest.max() < 0.03, "nothing is drawn away from the joints that are there"


def test_the_wall_is_drawn_in_its_plane():
    foot, level, up = wall_frame(WALL, np.array([0.2, -1.0, 3.0]))
    assert np.allclose(foot, [0.2, 4.6, 1.0])
    assert abs(level[2]) < 1e-9 and up[2] == pytest.approx(1)
