"""Which body a motion belongs to: turns and shape of one bend another, of the other sex or another version."""

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from annotation.body import BUILTIN_BODY, Body
from annotation.body_files import list_bodies, load_body
from annotation.errors import BodyFileError
from annotation.poses import MeshSequence


def body_digest(body: Body) -> str:
    """Return what tells a body from others, whatever it is called: a digest of its shape, joints and skinning."""
    content = hashlib.sha1(usedforsecurity=False)
    regressor = body.joint_regressor
    for array in (body.template, body.shape_directions, regressor.indices, regressor.data, body.weights):
        content.update(np.ascontiguousarray(array).tobytes())
    if body.pose_directions is not None:
        content.update(np.ascontiguousarray(body.pose_directions).tobytes())
    return content.hexdigest()


def body_of(mesh: MeshSequence, *, bodies_dir: Path | None) -> Body:
    """Return the body a motion was fitted with, whatever it is called here.

    Raises
    ------
    BodyFileError
        If it is not there, or the one of its name is another; the message says what to do.
    """
    try:
        body = load_body(mesh.body, bodies_dir=bodies_dir)
        check_body(mesh, body)
        return body
    except BodyFileError:
        found = _found(mesh, bodies_dir)
        if found is None:
            raise
        return found


def _found(mesh: MeshSequence, bodies_dir: Path | None) -> Body | None:
    """Return the body of a motion among those of other names."""
    if not mesh.body_digest or bodies_dir is None:
        return None
    others = [info.name for info in list_bodies(bodies_dir) if info.path is not None and not info.problem]
    for name in others:
        with suppress(BodyFileError):  # damaged, and none that is looked for
            body = load_body(name, bodies_dir=bodies_dir)
            if body_digest(body) == mesh.body_digest:
                return body
    return None


def check_body(mesh: MeshSequence, body: Body) -> None:
    """Make sure that a motion was fitted with a body; what earlier versions fitted says its name only.

    Raises
    ------
    BodyFileError
    """
    if len(mesh.betas) <= body.n_betas and mesh.body_digest in ("", body_digest(body)):
        return
    if mesh.body == BUILTIN_BODY:
        raise BodyFileError(
            "This body was fitted with the built-in body of another version of Betascope, which has another shape. "
            "Fit the body again."
        )
    raise BodyFileError(
        f"This body was fitted with another file than the one that is called {mesh.body!r} here, perhaps of the other "
        "sex or another version; with this one it would be bent. Fit the body again, or add the file it was fitted "
        "with, under any name: betascope body add FILE"
    )
