"""3D formats: units, axes, roots and rates as other tools' readers see them; results of other tools come in."""

import json
import pickle
import struct
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import ezc3d
import numpy as np
import pytest
import trimesh

from annotation.body import rotation_matrices
from annotation.formats.bvh_writer import write_bvh
from annotation.formats.glb_writer import write_glb
from annotation.formats.marker_writers import write_c3d, write_trc
from annotation.formats.motion import read_bvh, read_trc
from annotation.formats.motion_results import read_gvhmr, read_vibe, write_vibe
from annotation.formats.motion_table import MotionItem
from annotation.formats.reading import FormatError
from annotation.formats.smpl_motion import read_smpl_npz, write_smpl_npz
from annotation.poses import Camera
from tests.annotation.formats.conftest import FPS, N_FRAMES, make_motion


def joints_y_up(item: MotionItem) -> np.ndarray:
    """Where the joints are (T, 24, 3), y up, from the body's own forward pass."""
    mesh = item.mesh
    return item.body.joints(mesh.betas, mesh.pose, transl=mesh.transl) * [1, -1, -1]


def test_smpl_motion_there_and_back(tmp_path: Path) -> None:
    item = make_motion()
    assert write_smpl_npz(item, tmp_path / "a.npz") == N_FRAMES
    (table,) = read_smpl_npz(tmp_path / "a.npz").tables
    np.testing.assert_allclose(rotation_matrices(table.pose), rotation_matrices(item.mesh.pose), atol=1e-5)
    np.testing.assert_allclose(table.transl, item.mesh.transl, atol=1e-5)
    assert table.camera == item.mesh.camera and table.body == "betascope"
    np.testing.assert_allclose(table.betas, item.mesh.betas)


def test_amass_has_z_up_and_its_names(tmp_path: Path) -> None:
    item = make_motion()
    write_smpl_npz(item, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as data:
        assert data["poses"].shape == (N_FRAMES, 72) and float(data["mocap_framerate"]) == FPS
        body = item.body.joints(item.mesh.betas, data["poses"].reshape(-1, 24, 3), transl=data["trans"])
    np.testing.assert_allclose(body[..., 2], joints_y_up(item)[..., 1], atol=1e-5)


def test_amass_files_of_other_tools(tmp_path: Path) -> None:
    poses = np.zeros((6, 156))
    poses[:, 0] = np.pi / 2  # SMPL's figure stands along y; in AMASS it is turned up along z
    np.savez(tmp_path / "a.npz", poses=poses, trans=np.ones((6, 3)), betas=np.ones(16), mocap_frame_rate=120.0)
    (table,) = read_smpl_npz(tmp_path / "a.npz").tables
    assert table.fps == 120 and not table.in_front and table.betas.shape == (16,)
    up = rotation_matrices(table.pose[:, 0])[0] @ [0, 1, 0]
    np.testing.assert_allclose(up, [0, -1, 0], atol=1e-9, err_msg="upright: against y of the camera")


def test_a_panning_camera_is_taken_out(tmp_path: Path) -> None:
    turns = rotation_matrices(np.linspace(0, 0.4, N_FRAMES)[:, None] * [0, 1, 0]).astype(np.float32)
    item = make_motion(view_turns=turns)
    write_trc(item, tmp_path / "a.trc")
    seen = item.body.joints(item.mesh.betas, item.mesh.pose, transl=item.mesh.transl)
    still = np.einsum("tji,tkj->tki", turns, seen) * [1, -1, -1]
    np.testing.assert_allclose(read_trc(tmp_path / "a.trc").positions, still, atol=1e-5)


def test_vibe_there_and_back(tmp_path: Path) -> None:
    item = make_motion()
    assert write_vibe(item, tmp_path / "a.pkl") == N_FRAMES
    (table,) = read_vibe(tmp_path / "a.pkl").tables
    assert table.frames.tolist() == list(range(N_FRAMES))
    np.testing.assert_allclose(table.pose, item.mesh.pose)
    assert table.weak_camera is not None
    joints = item.body.joints(item.mesh.betas, item.mesh.pose, transl=np.zeros((N_FRAMES, 3)))
    half = np.array(item.mesh.camera.size_px) / 2
    weak = table.weak_camera[:, None]
    xy = weak[..., :2] * (joints[..., :2] + weak[..., 2:]) * half + half
    exact = item.mesh.camera.project(item.body.joints(item.mesh.betas, item.mesh.pose, transl=item.mesh.transl))
    np.testing.assert_allclose(xy[:, 0], exact[:, 0], atol=3, err_msg="the pelvis lies where it is in the picture")


def test_wham_is_recognised(tmp_path: Path) -> None:
    entry = {
        "pose": np.zeros((3, 72), np.float32),
        "trans": np.full((3, 3), 2.0, np.float32),
        "pose_world": np.zeros((3, 72), np.float32),
        "trans_world": np.zeros((3, 3), np.float32),
        "betas": np.ones((3, 10), np.float32),
        "verts": np.zeros((3, 6890, 3), np.float32),
        "frame_ids": np.array([4, 5, 9]),
    }
    people: defaultdict[int, dict[str, np.ndarray]] = defaultdict(dict, {0: entry})  # so does WHAM
    with (tmp_path / "wham_output.pkl").open("wb") as file:
        pickle.dump(people, file)
    imported = read_vibe(tmp_path / "wham_output.pkl")
    (table,) = imported.tables
    assert table.frames.tolist() == [4, 5, 9] and (table.transl == 2).all() and imported.notes


class _Wrapper:
    """The description joblib writes before an array; its module is set to joblib's below."""

    def __init__(self, array: np.ndarray) -> None:
        self.subclass, self.shape, self.order, self.dtype = np.ndarray, array.shape, "C", array.dtype
        self.allow_mmap, self.numpy_array_alignment_bytes = True, 16


def write_joblib(content: dict[int, dict[str, np.ndarray]], path: Path) -> None:
    """Write as joblib does: the bytes of each array right after its description."""

    class Pickler(pickle._Pickler):  # type: ignore[name-defined,misc]
        def save(self, thing: Any, save_persistent_id: bool = True) -> None:
            if not isinstance(thing, np.ndarray):
                super().save(thing)
                return
            super().save(_Wrapper(thing))
            self.framer.commit_frame(force=True)
            pad = 16 - (out.tell() + 1) % 16
            out.write(bytes([pad]) + bytes(pad) + thing.tobytes())

    class Named(Pickler):
        def save_global(self, thing: Any, name: str | None = None) -> None:
            if thing is _Wrapper:
                self.write(b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n")
                self.memoize(thing)
            else:
                super().save_global(thing, name)

        dispatch = {**Pickler.dispatch, type: save_global}  # noqa: RUF012

    with path.open("wb") as out:
        Named(out, 3).dump(content)


def test_joblib_pickles_are_read_without_joblib(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    entry = {
        "pose": rng.normal(size=(4, 72)),
        "verts": np.zeros((4, 6890, 3), np.float32),
        "betas": np.zeros((4, 10)),
        "orig_cam": np.ones((4, 4)),
        "frame_ids": np.arange(4),
    }
    write_joblib({1: entry}, tmp_path / "vibe_output.pkl")
    (table,) = read_vibe(tmp_path / "vibe_output.pkl").tables
    np.testing.assert_array_equal(table.pose.reshape(4, 72)[:, :66], entry["pose"][:, :66])


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.mkdir, (str(_Runs.path),)

    path: Path


def test_nothing_of_a_pickle_is_run(tmp_path: Path) -> None:
    _Runs.path = tmp_path / "made"
    for name in ("a.pkl", "b.pkl"):
        with (tmp_path / name).open("wb") as file:
            pickle.dump({1: _Runs()}, file)
        with pytest.raises(FormatError, match="was refused: it asks to load"):
            read_vibe(tmp_path / name)
    assert not _Runs.path.exists()


def write_gvhmr(path: Path, *, n: int = 4) -> None:
    """Write a result with torch itself."""
    torch = pytest.importorskip("torch")
    body = {
        "global_orient": torch.full((n, 3), 0.5),
        "body_pose": torch.arange(n * 63).reshape(63, n).T * 0.001,
        "transl": torch.tensor([[0.0, 0.1, 3.0]] * n),
        "betas": torch.zeros(n, 10),
    }
    intrinsics = torch.tensor([[800.0, 0, 320], [0, 800, 240], [0, 0, 1]]).repeat(n, 1, 1)
    torch.save({"smpl_params_incam": body, "smpl_params_global": body, "K_fullimg": intrinsics}, path)


def test_gvhmr_is_read_without_torch(tmp_path: Path) -> None:
    write_gvhmr(tmp_path / "hmr4d_results.pt")
    (table,) = read_gvhmr(tmp_path / "hmr4d_results.pt").tables
    assert table.camera == Camera(800, (320, 240), (640, 480))
    np.testing.assert_allclose(table.pose[1, 1], [0.001, 0.005, 0.009], rtol=1e-6)
    assert (table.pose[:, 22:] == 0).all() and table.transl[0].tolist() == pytest.approx([0, 0.1, 3])


def test_a_torch_file_that_asks_for_more_is_refused(tmp_path: Path) -> None:
    _Runs.path = tmp_path / "made"
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps(_Runs()))
    with pytest.raises(FormatError, match="refused"):
        read_gvhmr(tmp_path / "a.pt")
    assert not _Runs.path.exists()


def test_bvh_stands_where_the_body_does(tmp_path: Path) -> None:
    item = make_motion()
    assert write_bvh(item, tmp_path / "a.bvh") == N_FRAMES
    motion = read_bvh(tmp_path / "a.bvh", unit_m=0.01)
    assert motion.fps == pytest.approx(FPS, rel=1e-5)
    from annotation.body import SMPL_JOINTS

    order = [motion.names.index(name) for name in SMPL_JOINTS]
    np.testing.assert_allclose(motion.positions[:, order], joints_y_up(item), atol=1e-4)


def read_glb(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return the two chunks."""
    content = path.read_bytes()
    length = struct.unpack_from("<I", content, 12)[0]
    assert struct.unpack_from("<4sII", content) == (b"glTF", 2, len(content))
    return json.loads(content[20 : 20 + length]), content[20 + length + 8 :]


def values(scene: dict[str, Any], binary: bytes, number: int) -> np.ndarray:
    """Return the numbers of an accessor."""
    accessor = scene["accessors"][number]
    view = scene["bufferViews"][accessor["bufferView"]]
    kind = {5126: "<f4", 5121: "u1", 5125: "<u4"}[accessor["componentType"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor["type"]]
    return np.frombuffer(binary, kind, accessor["count"] * width, view["byteOffset"]).reshape(-1, width)


def test_glb_is_skinned_as_the_body_is(tmp_path: Path) -> None:
    item = make_motion()
    assert write_glb(item, tmp_path / "a.glb") == N_FRAMES
    scene, binary = read_glb(tmp_path / "a.glb")
    animation = scene["animations"][0]
    time = values(scene, binary, animation["samplers"][0]["input"]).ravel()
    assert time[0] == 0 and time[-1] == pytest.approx((N_FRAMES - 1) / FPS)
    frame, world = 7, [np.eye(4)] * 24
    local = [np.eye(4) for _ in range(24)]
    for node, matrix in zip(scene["nodes"], local, strict=False):
        matrix[:3, 3] = node["translation"]
    for channel in animation["channels"]:
        value = values(scene, binary, animation["samplers"][channel["sampler"]]["output"])[frame]
        matrix = local[channel["target"]["node"]]
        if channel["target"]["path"] == "translation":
            matrix[:3, 3] = value
        else:
            x, y, z, w = value
            angle = 2 * np.arctan2(np.linalg.norm([x, y, z]), w)
            axis = np.array([x, y, z]) / max(np.linalg.norm([x, y, z]), 1e-12)
            matrix[:3, :3] = rotation_matrices(axis * angle)
    world = [local[0]] + world[1:]
    for parent, node in enumerate(scene["nodes"][:24]):
        for child in node.get("children", []):
            world[child] = world[parent] @ local[child]
    inverse = values(scene, binary, scene["skins"][0]["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    attributes = scene["meshes"][0]["primitives"][0]["attributes"]
    rest, joints, weights = (values(scene, binary, attributes[n]) for n in ("POSITION", "JOINTS_0", "WEIGHTS_0"))
    moves = (np.stack(world) @ inverse)[joints]
    posed = np.einsum("vk,vkij,vj->vi", weights, moves, np.column_stack([rest, np.ones(len(rest))]))[:, :3]
    expected, _ = item.body.forward(item.mesh.betas, item.mesh.pose[[frame]], transl=item.mesh.transl[[frame]])
    error = np.linalg.norm(posed - expected[0] * [1, -1, -1], axis=1)
    assert np.median(error) < 1e-5 and error.max() < 0.02, "four weights a vertex are nearly all"


def test_glb_loads_in_another_tool(tmp_path: Path) -> None:
    item = make_motion()
    write_glb(item, tmp_path / "a.glb")
    scene = trimesh.load_scene(tmp_path / "a.glb", process=False)
    (mesh,) = scene.geometry.values()
    assert mesh.vertices.shape == item.body.template.shape and mesh.faces.shape == item.body.faces.shape
    assert np.ptp(mesh.vertices[:, 1]) == pytest.approx(item.body.height_m(item.mesh.betas), abs=1e-4)


def test_trc_is_in_metres_with_gaps(tmp_path: Path) -> None:
    item = make_motion(lost=(3, 4))
    assert write_trc(item, tmp_path / "a.trc") == N_FRAMES
    motion = read_trc(tmp_path / "a.trc")
    assert motion.fps == FPS and motion.names[0] == "pelvis"
    assert np.isnan(motion.positions[[3, 4]]).all()
    seen = [frame for frame in range(N_FRAMES) if frame not in (3, 4)]
    np.testing.assert_allclose(motion.positions[seen], joints_y_up(item)[seen], atol=1e-5)


def test_c3d_is_read_by_its_library(tmp_path: Path) -> None:
    item = make_motion(lost=(3,))
    assert write_c3d(item, tmp_path / "a.c3d") == N_FRAMES
    content = ezc3d.c3d(str(tmp_path / "a.c3d"))
    point = content["parameters"]["POINT"]
    assert point["RATE"]["value"][0] == FPS and point["UNITS"]["value"] == ["mm"]
    assert point["LABELS"]["value"][:2] == ["pelvis", "left_hip"]
    xyz = content["data"]["points"][:3].transpose(2, 1, 0)
    assert xyz.shape == (N_FRAMES, 24, 3) and np.isnan(xyz[3]).all()
    np.testing.assert_allclose(xyz[5] / 1000, joints_y_up(item)[5], atol=1e-5)


def test_nothing_fitted_writes_nothing(tmp_path: Path) -> None:
    item = make_motion(lost=tuple(range(N_FRAMES)))
    for write in (write_smpl_npz, write_vibe, write_bvh, write_glb, write_trc, write_c3d):
        assert write(item, tmp_path / "a") == 0
    assert not list(tmp_path.iterdir())
