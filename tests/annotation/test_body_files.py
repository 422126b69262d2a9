import os
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.spatial import ConvexHull

from annotation.body import BUILTIN_BODY, SMPL_PARENTS, builtin_body
from annotation.body_files import add_body, list_bodies, load_body, read_smpl, smpl_model_dict
from annotation.body_identity import body_digest
from annotation.errors import BodyFileError
from annotation.skeletons import load_skeleton, skeleton_names

Model = dict[str, Any]
WriteModel = Callable[[Model, str], Path]


@pytest.fixture(scope="module")
def model() -> Model:
    """An SMPL-shaped egg of 1.7 m: 6890 vertices on a Fibonacci sphere, whose hull has SMPL's 13776 faces."""
    rng = np.random.default_rng(11)
    n = 6890
    height = 1 - 2 * (np.arange(n) + 0.5) / n
    angle = np.pi * (1 + np.sqrt(5)) * np.arange(n)
    radius = np.sqrt(1 - height**2)
    sphere = np.stack([radius * np.cos(angle), height, radius * np.sin(angle)], axis=1)
    template = sphere * [0.4, 0.85, 0.3]
    centres = template[rng.choice(n, 24, replace=False)]
    nearness = np.exp(-np.linalg.norm(template[:, None] - centres, axis=-1) / 0.1)
    nearness[nearness < np.sort(nearness, axis=1)[:, -4:-3]] = 0
    regressor = np.zeros((24, n))
    for row, centre in zip(regressor, centres, strict=True):
        row[np.argsort(np.linalg.norm(template - centre, axis=1))[:6]] = 1 / 6
    parents = np.array([2**32 - 1, *SMPL_PARENTS[1:]], np.uint32)
    return {
        "v_template": template,
        "f": ConvexHull(sphere).simplices.astype(np.uint32),
        "shapedirs": rng.normal(0, 0.01, (n, 3, 10)),
        "posedirs": rng.normal(0, 0.003, (n, 3, 207)),
        "J_regressor": regressor,
        "kintree_table": np.stack([parents, np.arange(24, dtype=np.uint32)]),
        "weights": nearness / nearness.sum(1, keepdims=True),
    }


@pytest.fixture
def write_npz(tmp_path: Path) -> WriteModel:
    def write(model: Model, name: str) -> Path:
        np.savez(tmp_path / name, **model)
        return tmp_path / name

    return write


@pytest.fixture
def original_pickle(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model as the original files hold it: chumpy arrays, a sparse regressor, further entries; chumpy is gone."""
    ch = types.ModuleType("chumpy.ch")
    reordering = types.ModuleType("chumpy.reordering")

    class Ch:
        def __init__(self, **fields: Any) -> None:
            self.__dict__.update(fields)

    class Select(Ch):
        pass

    for module, cls in ((ch, Ch), (reordering, Select)):
        cls.__module__, cls.__qualname__ = module.__name__, cls.__name__
        setattr(module, cls.__name__, cls)
    every = np.arange(model["v_template"].size)
    stored = model | {
        "v_template": Select(a=Ch(x=model["v_template"]), idxs=every, preferred_shape=(6890, 3)),
        "shapedirs": Ch(x=model["shapedirs"], _dirty_vars={1, 2}),
        "J_regressor": csc_matrix(model["J_regressor"]),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }
    path = tmp_path / "basicmodel_neutral.pkl"
    with monkeypatch.context() as patch:
        for module in (types.ModuleType("chumpy"), ch, reordering):
            patch.setitem(sys.modules, module.__name__, module)
        path.write_bytes(pickle.dumps(stored, protocol=2))
    return path


def test_an_original_pickle_is_added_and_loaded_again(model: Model, original_pickle: Path, tmp_path: Path) -> None:
    bodies = tmp_path / "bodies"
    added = add_body(original_pickle, bodies_dir=bodies)
    body = load_body("basicmodel_neutral", bodies_dir=bodies)
    assert added.name == body.name == "basicmodel_neutral"
    stored = smpl_model_dict(body)
    for key in ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights"):
        np.testing.assert_allclose(stored[key], model[key], rtol=1e-6, atol=1e-8, err_msg=key)
    assert [info.name for info in list_bodies(bodies)] == [BUILTIN_BODY, "basicmodel_neutral"]
    assert list(bodies.iterdir()) == [bodies / "basicmodel_neutral.npz"]


def test_npz_and_plain_pickle_give_the_same_body(model: Model, write_npz: WriteModel, tmp_path: Path) -> None:
    (tmp_path / "SMPL_NEUTRAL.pkl").write_bytes(pickle.dumps(model))
    a, b = read_smpl(tmp_path / "SMPL_NEUTRAL.pkl"), read_smpl(write_npz(model, "SMPL_NEUTRAL.npz"))
    np.testing.assert_array_equal(a.template, b.template)
    np.testing.assert_array_equal(a.weights, b.weights)


def test_files_with_300_coefficients_give_the_first_ten(model: Model, write_npz: WriteModel) -> None:
    more = np.concatenate([model["shapedirs"], np.zeros((6890, 3, 40))], axis=2)
    body = read_smpl(write_npz(model | {"shapedirs": more}, "smpl.npz"))
    np.testing.assert_array_equal(body.shape_directions, model["shapedirs"].astype(np.float32))


def test_an_added_body_moves_as_in_smplx(model: Model, original_pickle: Path) -> None:
    """Within 1e-6 m of smplx in float64, pose blend shapes included; numpy skins in float32."""
    torch = pytest.importorskip("torch")
    smplx = pytest.importorskip("smplx")
    body = read_smpl(original_pickle)
    rng = np.random.default_rng(1)
    betas, pose, transl = rng.normal(0, 1, 10), rng.normal(0, 0.6, (5, 24, 3)), rng.uniform(-2, 2, (5, 3))
    vertices, joints = body.forward(betas, pose, transl=transl)
    struct = smplx.utils.Struct(**smpl_model_dict(body))
    reference = smplx.SMPL(model_path="", data_struct=struct, batch_size=5, dtype=torch.float64)
    p = torch.as_tensor(pose)
    with torch.no_grad():
        expected = reference(
            betas=torch.as_tensor(betas).expand(5, 10),
            body_pose=p[:, 1:].flatten(1),
            global_orient=p[:, 0],
            transl=torch.as_tensor(transl),
        )
    assert np.abs(vertices - expected.vertices.numpy()).max() < 1e-6
    assert np.abs(joints - expected.joints[:, :24].numpy()).max() < 1e-6


@pytest.mark.parametrize("skeleton", skeleton_names())
def test_keypoints_of_an_added_body_ride_on_its_joints(model: Model, write_npz: WriteModel, skeleton: str) -> None:
    body = read_smpl(write_npz(model, "smpl.npz"))
    rig = body.keypoint_rig(skeleton)
    assert np.isfinite(rig.rest).all()
    pose, transl = np.random.default_rng(0).normal(0, 0.5, (3, 24, 3)), np.zeros((3, 3))
    points = body.keypoints(rig, np.ones(10), pose, transl=transl)
    joints = body.joints(np.ones(10), pose, transl=transl)
    knee = load_skeleton(skeleton).index("left_knee")
    np.testing.assert_allclose(points[:, knee], joints[:, 4], atol=1e-9)
    np.testing.assert_allclose(rig.rest[load_skeleton(skeleton).index("nose")], model["v_template"][332], atol=1e-6)


class Malicious:
    """Unpickling it naively would create the file named by its argument."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("place", ["whole file", "entry", "inside an array"])
def test_a_malicious_pickle_is_refused_and_not_run(model: Model, tmp_path: Path, place: str) -> None:
    trap = Malicious(tmp_path / "trap")
    array = np.array([trap], dtype=object)
    content = {"whole file": trap, "entry": model | {"bs_type": trap}, "inside an array": model | {"f": array}}[place]
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(BodyFileError, match=r"refused.*mkdir.*Nothing of it was run"):
        read_smpl(path)
    assert not (tmp_path / "trap").exists()
    pickle.loads(path.read_bytes())
    assert (tmp_path / "trap").exists(), "the trap works where it is not refused"


@pytest.mark.parametrize(
    "payload", [b"cbuiltins\neval\n(S'1'\ntR.", b"cposix\nsystem\n(S'true'\ntR.", b"\x80\x04junk", b""]
)
def test_other_broken_pickles_are_refused(tmp_path: Path, payload: bytes) -> None:
    path = tmp_path / "SMPL_MALE.pkl"
    path.write_bytes(payload)
    with pytest.raises(BodyFileError, match=r"SMPL_MALE\.pkl"):
        read_smpl(path)


def wrong(shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.zeros(shape)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"v_template": wrong((10475, 3))}, "SMPL-X"),
        ({"J_regressor": wrong((52, 6890))}, r"SMPL\+H"),
        ({"v_template": wrong((778, 3))}, "MANO"),
        ({"posedirs": wrong((6890, 3, 93))}, "STAR"),
        ({"weights": wrong((6890, 23))}, r"weights of the shape \(6890, 23\)"),
        ({"weights": wrong((6890, 24))}, "do not sum to 1"),
        ({"shapedirs": wrong((6890, 3, 5))}, "shapedirs"),
        ({"shapedirs": np.full((6890, 3, 10), np.nan)}, "not finite"),
        ({"v_template": np.float64(1)}, "v_template"),
        ({"v_template": np.linspace(0, 178, 6890)[:, None].repeat(3, 1)}, "178.00 m tall"),
        ({"kintree_table": np.zeros((2, 24), np.int64)}, "joins its joints in another way"),
    ],
)
def test_what_is_wrong_and_what_was_expected_is_said(
    model: Model, write_npz: WriteModel, change: Model, said: str
) -> None:
    with pytest.raises(BodyFileError, match=said) as raised:
        read_smpl(write_npz(model | change, "model.npz"))
    assert "SMPL_NEUTRAL.pkl" in str(raised.value) and "smpl.is.tue.mpg.de" in str(raised.value)


def test_files_that_are_no_models_at_all(write_npz: WriteModel, tmp_path: Path) -> None:
    with pytest.raises(BodyFileError, match="holds a motion"):
        read_smpl(write_npz({"poses": np.zeros((9, 156)), "trans": np.zeros((9, 3))}, "walk.npz"))
    with pytest.raises(BodyFileError, match="lacks v_template"):
        read_smpl(write_npz({"a": np.zeros(3)}, "a.npz"))
    (tmp_path / "body.obj").write_text("v 0 0 0")
    with pytest.raises(BodyFileError, match="neither"):
        read_smpl(tmp_path / "body.obj")
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(BodyFileError, match=r"b\.npz"):
        read_smpl(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", f=np.array([{}], dtype=object))
    with pytest.raises(BodyFileError, match=r"c\.npz"):
        read_smpl(tmp_path / "c.npz")
    with pytest.raises(BodyFileError, match="There is no file"):
        add_body(tmp_path / "nowhere.pkl", bodies_dir=tmp_path)


def test_the_builtin_name_is_taken(model: Model, write_npz: WriteModel, tmp_path: Path) -> None:
    with pytest.raises(BodyFileError, match="rename"):
        add_body(write_npz(model, f"{BUILTIN_BODY}.npz"), bodies_dir=tmp_path / "bodies")
    assert load_body(BUILTIN_BODY, bodies_dir=None) is builtin_body()


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BodyFileError, match=r"no body 'SMPL_MALE'\. Known: betascope\."):
        load_body("SMPL_MALE", bodies_dir=tmp_path)
    assert [info.name for info in list_bodies(tmp_path / "not there yet")] == [BUILTIN_BODY]


def test_a_damaged_body_is_listed_with_its_problem(tmp_path: Path) -> None:
    (tmp_path / "SMPL_MALE.npz").write_bytes(b"PK\x03\x04 cut off")
    broken = list_bodies(tmp_path)[1]
    assert broken.name == "SMPL_MALE" and broken.problem is not None and "add the body again" in broken.problem
    with pytest.raises(BodyFileError, match="Add the body again"):
        load_body("SMPL_MALE", bodies_dir=tmp_path)


def test_another_body_does_not_take_the_place_of_one_that_is_there(
    model: Model, write_npz: WriteModel, tmp_path: Path
) -> None:
    bodies = tmp_path / "bodies"
    add_body(write_npz(model, "SMPL_NEUTRAL.npz"), bodies_dir=bodies)
    add_body(write_npz(model, "SMPL_NEUTRAL.npz"), bodies_dir=bodies)
    other = write_npz(model | {"v_template": model["v_template"] * [1.1, 1, 1]}, "SMPL_NEUTRAL.npz")
    with pytest.raises(BodyFileError, match=r"Rename SMPL_NEUTRAL\.npz, for instance to SMPL_NEUTRAL_2\.npz"):
        add_body(other, bodies_dir=bodies)


def test_a_body_that_is_added_again_stays_the_one_motions_were_fitted_with(
    model: Model, write_npz: WriteModel, tmp_path: Path
) -> None:
    bodies = tmp_path / "bodies"
    add_body(write_npz(model, "SMPL_NEUTRAL.npz"), bodies_dir=bodies)
    before = body_digest(load_body("SMPL_NEUTRAL", bodies_dir=bodies))
    rounded = write_npz(model | {"v_template": model["v_template"] + 1e-6}, "SMPL_NEUTRAL.npz")
    add_body(rounded, bodies_dir=bodies)
    assert body_digest(load_body("SMPL_NEUTRAL", bodies_dir=bodies)) == before


@pytest.mark.parametrize("part", ["posedirs", "J_regressor"])
def test_a_body_that_bends_otherwise_is_another_one(
    model: Model, write_npz: WriteModel, tmp_path: Path, part: str
) -> None:
    add_body(write_npz(model, "SMPL_NEUTRAL.npz"), bodies_dir=tmp_path / "bodies")
    other = write_npz(model | {part: model[part][..., ::-1]}, "SMPL_NEUTRAL.npz")
    with pytest.raises(BodyFileError, match="it is another one"):
        add_body(other, bodies_dir=tmp_path / "bodies")


def test_a_damaged_body_is_put_right_when_it_is_added_again(
    model: Model, write_npz: WriteModel, tmp_path: Path
) -> None:
    bodies = tmp_path / "bodies"
    bodies.mkdir()
    (bodies / "SMPL_NEUTRAL.npz").write_bytes(b"half a file")
    add_body(write_npz(model, "SMPL_NEUTRAL.npz"), bodies_dir=bodies)
    assert load_body("SMPL_NEUTRAL", bodies_dir=bodies).n_betas == 10
