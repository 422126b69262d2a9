"""A motion and a body file of the same name that is another body: of the other sex, or another version."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotation.body import Body, builtin_body, write_body
from annotation.body_files import load_body
from annotation.body_identity import body_digest, body_of
from annotation.errors import BodyFileError
from annotation.runs import load_mesh, save_mesh
from tests.app.body_project import rising


def person(name: str, *, wider: float = 1.0) -> Body:
    """The built-in body under another name, wider or not."""
    body = builtin_body()
    return replace(body, name=name, template=(body.template * [wider, 1, 1]).astype(np.float32))


@pytest.fixture
def fitted(tmp_path: Path) -> Path:
    """The folder of a run that was fitted with the body "mine", which is there."""
    mine = keep(tmp_path, person("mine"))
    run = tmp_path / "run"
    run.mkdir()
    save_mesh(run, replace(rising(5, (200, 120)), body="mine", body_digest=body_digest(mine)))
    return run


def keep(folder: Path, body: Body, *, name: str = "mine") -> Body:
    """Put a body where bodies are kept, in the place of one of that name; return it as it is read."""
    (folder / "bodies").mkdir(exist_ok=True)
    write_body(folder / "bodies" / f"{name}.npz", replace(body, name=name))
    return load_body(name, bodies_dir=folder / "bodies")


def test_a_motion_finds_the_body_it_was_fitted_with(fitted: Path, tmp_path: Path) -> None:
    assert body_of(load_mesh(fitted), bodies_dir=tmp_path / "bodies").name == "mine"


def test_another_body_of_the_same_name_bends_nothing_and_says_what_to_do(fitted: Path, tmp_path: Path) -> None:
    keep(tmp_path, person("mine", wider=1.1))
    with pytest.raises(BodyFileError, match=r"would be bent\. Fit the body again, or add the file"):
        body_of(load_mesh(fitted), bodies_dir=tmp_path / "bodies")


def test_the_right_body_is_found_under_any_name(fitted: Path, tmp_path: Path) -> None:
    keep(tmp_path, person("mine", wider=1.1))
    keep(tmp_path, person("mine"), name="first")
    np.savez(tmp_path / "bodies" / "damaged.npz", template=np.zeros((1, 3)), shape_names=np.array(["a"]))
    assert body_of(load_mesh(fitted), bodies_dir=tmp_path / "bodies").name == "first"


def test_a_shape_of_more_coefficients_than_a_body_has_is_refused(tmp_path: Path) -> None:
    mesh = replace(rising(5, (200, 120)), betas=np.zeros(builtin_body().n_betas + 1, np.float32))
    with pytest.raises(BodyFileError, match="another version of Betascope"):
        body_of(mesh, bodies_dir=tmp_path)


def test_what_an_earlier_version_fitted_is_shown_as_before(tmp_path: Path) -> None:
    assert body_of(rising(5, (200, 120)), bodies_dir=tmp_path) is builtin_body()
