"""A 3D view with the built-in body, with and without a graphics card."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import builtin_body
from tests.widgets.body.pictures import CAMERA
from widgets.body_view import BodyView, Renderer
from widgets.theme import Theme


@pytest.fixture(scope="module")
def climber() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A body with its back to the camera, 4 m away, and its joints."""
    body = builtin_body()
    pose = np.zeros((1, 24, 3))
    pose[0, 0] = [0, 0, np.pi]
    vertices, joints = body.forward(np.zeros(body.n_betas), pose, transl=np.array([[0.0, 0.0, 4.0]]))
    return vertices[0], joints[0]


@pytest.fixture(params=[Renderer.SOFTWARE, Renderer.HARDWARE])
def view(qtbot, climber, request):
    """A view as on a computer without and with a graphics card."""
    assert BodyView().has_opengl, "the tests of the 3D view run under Xvfb"
    view = BodyView(renderer=request.param)
    qtbot.addWidget(view)
    view.set_mesh_topology(builtin_body().faces)
    view.set_camera(CAMERA)
    view.set_theme(Theme.DARK)
    view.resize(540, 480)
    with qtbot.waitExposed(view):
        view.show()
    return view
