"""The panel beside a review video with the body seen from the side."""

from dataclasses import replace

import numpy as np

from annotation.body import builtin_body, rotation_matrices
from annotation.formats.motion_table import turned
from inference.side_view import SideView
from tests.app.body_project import rising


def test_with_a_panning_camera_the_body_is_as_far_from_the_wall_as_with_a_still_one() -> None:
    body, still = builtin_body(), rising(12, (200, 120))
    turns = np.stack([rotation_matrices(np.array([0.01 * n, -0.03 * n, 0.0])) for n in range(len(still))])
    pose, transl = turned(turns, still.pose, still.transl, pelvis=body.rest_joints(still.betas)[0])
    pose, transl = pose.astype(np.float32), transl.astype(np.float32)
    panning = replace(
        still,
        global_orient=pose[:, 0],
        body_pose=pose[:, 1:],
        transl=transl,
        view_turns=turns.astype(np.float32),
    )
    panels = []
    for mesh in (still, panning):
        vertices, _ = body.forward(mesh.betas, mesh.pose[11:], transl=mesh.transl[11:])
        view = SideView.fitting(body, mesh, height_px=240)
        panels.append(view.draw(11, vertices[0]).astype(int))
    assert panels[0].shape == panels[1].shape
    assert (np.abs(panels[0] - panels[1]) > 30).mean() < 0.002
