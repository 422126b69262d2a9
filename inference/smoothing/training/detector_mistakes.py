"""The mistakes of a detector that looks at one frame after the other: drift, jumps, outliers, swapped sides, gaps.

Their sizes are round those of the default detector over made-up climbs: joints are half a map pixel beside where they
should be all the time, white jitter is next to nothing, drift has 0.25 map pixels, lasts from two frames to a second
and grows with speed, joints of one limb stray together, a lost limb is found again in a jump that dies away, and now
and then left and right change places, of a limb or of the whole body.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import torch
from torch import Tensor

from annotation.skeletons import Skeleton
from inference.smoothing.training.dice import Dice

_LIMBS = (("elbow", "wrist", "pinky", "index", "thumb"), ("hip", "knee", "ankle", "heel", "toe"))
_DETAILS = ("nose", "ear", "eye", "pinky", "index", "thumb", "heel")
_SMOOTH_FRAMES = (1.5, 3.0, 6.0, 12.0, 25.0)
"""How long smooth drift lasts."""
_SHARES = (0.03, 0.1, 0.6, 1.0, 1.0, 0.03)
"""How much of the variance of drift each length has, the rough one last."""
_ROUGH_FRAMES = 14.0
"""How long drift lasts whose every step is a new one."""
_FADING_FRAMES = (0.7, 2.0, 5.0)
"""How long a jump takes to die away."""
_TOGETHER = 0.6
"""The share of the variance of drift that joints of a limb have in common."""
_LONGEST_SWAP = 6
_SWAPS_A_FRAME, _MOST_SWAPS = 0.008, 0.25

_Shape: TypeAlias = tuple[int, int, int]


def like_a_detector(draw: Dice, truth: Tensor, unit: Tensor, skeleton: Skeleton, *, missing: float) -> Tensor:
    """Return points (B, T, K, 2) as a detector might give them; `unit` (B, T, 1, 2) is a map pixel."""
    n, n_frames, n_joints = truth.shape[:3]
    of_joint = draw.uniform(0.5, 2, n, 1, n_joints, 1)
    jitter = draw.spread_out(0.003, 0.6, n, 1, 1, 1) * of_joint * draw.normal(*truth.shape)
    beside = draw.spread_out(0.05, 0.8, n, 1, 1, 1) * draw.normal(n, 1, n_joints, 2)
    joints = joints_of(skeleton, draw.device)
    limbs = joints.limbs
    shape = (n, n_frames, n_joints)
    moving = 1 + draw.uniform(0, 1.5, n, 1, 1, 1) * (_speed(truth) / unit).clamp(max=3)
    found = _late(draw, truth) + unit * (
        jitter + beside + moving * _drift(draw, shape, limbs) + _jumps(draw, shape, limbs)
    )
    found = _with_swapped_sides(draw, found, joints)
    bad = _bursts(draw, shape, share=0.004) | _bursts(draw, shape, share=0.004)[..., limbs]
    found = torch.where(bad[..., None], found + unit * 8 * draw.normal(n, 1, n_joints, 2), found)
    lost = _bursts(draw, shape, share=missing)
    lost &= ~lost.all(1, keepdim=True)
    return torch.where(lost[..., None], torch.nan, found)


@dataclass(frozen=True)
class Joints:
    """Which joints a detector takes for each other, as tensors on a device.

    Attributes
    ----------
    limbs : (K,) tensor
        What each is of: 0 head and torso, 1 and 2 the arms, 3 and 4 the legs.
    mirror : (K,) tensor
        The same joint of the other side.
    swapped : (5, K) tensor
        Which change places: the legs (as often as anything else), the arms, or everything.
    details, torso : (K,) tensors
        Those of face, fingers and heels; shoulders and hips.
    """

    limbs: Tensor
    mirror: Tensor
    swapped: Tensor
    details: Tensor
    torso: Tensor


@lru_cache(maxsize=8)
def joints_of(skeleton: Skeleton, device: torch.device) -> Joints:
    """Return the joints of a skeleton as tensors."""

    def named(*parts: str) -> list[bool]:
        return [any(part in name for part in parts) for name in skeleton.joints]

    arms, legs = (named(*parts) for parts in _LIMBS)
    everything = [True] * len(skeleton)
    limbs = [
        (1 + 2 * leg + name.startswith("right")) * ((arm or leg) and "hip" not in name)
        for name, arm, leg in zip(skeleton.joints, arms, legs, strict=True)
    ]
    return Joints(
        torch.tensor(limbs, device=device),
        torch.tensor([int(joint) for joint in skeleton.mirror], device=device),
        torch.tensor([legs, legs, arms, everything, everything], device=device),
        torch.tensor(named(*_DETAILS), device=device),
        torch.tensor(named("shoulder", "hip"), device=device),
    )


@lru_cache(maxsize=16)
def _factors(n_frames: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return matrices (6, T, T) that make drift of each length out of white noise."""
    times = torch.arange(n_frames, dtype=torch.float64)
    off = (times[:, None] - times).abs()
    kernels = [torch.exp(-0.5 * (off / length) ** 2) for length in _SMOOTH_FRAMES] + [torch.exp(-off / _ROUGH_FRAMES)]
    steady = 1e-4 * torch.eye(n_frames, dtype=torch.float64)
    return torch.stack([torch.linalg.cholesky(kernel + steady) for kernel in kernels]).to(device, dtype)


@lru_cache(maxsize=16)
def _fading(n_frames: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return matrices (3, T, T) that let what happens in a frame die away."""
    times = torch.arange(n_frames, dtype=torch.float64)
    since = times[:, None] - times
    fading = [torch.exp(-since.clamp(min=0) / length) * (since >= 0) for length in _FADING_FRAMES]
    return torch.stack(fading).to(device, dtype)


def _speed(truth: Tensor) -> Tensor:
    """Return how far points move from frame to frame (B, T, K, 1); 0 where that is unknown."""
    if truth.shape[1] == 1:
        return torch.zeros_like(truth[..., :1])
    steps = truth.diff(dim=1).norm(dim=-1, keepdim=True).nan_to_num()
    return torch.cat([steps[:, :1], steps], dim=1)


def _late(draw: Dice, truth: Tensor) -> Tensor:
    """Return points up to half a frame late, as those of a detector that follows."""
    before = torch.cat([2 * truth[:, :1] - truth[:, 1:2], truth[:, :-1]], dim=1) if truth.shape[1] > 1 else truth
    late = draw.uniform(0, 0.5, len(truth), 1, 1, 1)
    return truth + late * (before - truth)


def _drift(draw: Dice, shape: _Shape, limbs: Tensor) -> Tensor:
    """Return drift (B, T, K, 2) of several lengths, in part that of the limb."""
    n, n_frames, n_joints = shape
    factors = _factors(n_frames, draw.dtype, draw.device)
    share = draw.normal(n, 1, n_joints, len(factors)).abs() ** 2
    share = share * draw.tensor(*_SHARES)
    share = (share / share.sum(-1, keepdim=True)).sqrt()
    size = draw.spread_out(0.08, 0.8, n, 1, 1, 1) * draw.uniform(0.5, 2, n, 1, n_joints, 1)
    total = torch.zeros_like(size)
    for number, factor in enumerate(factors):
        own, common = draw.normal(n, n_frames, n_joints, 2), draw.normal(n, n_frames, n_joints, 2)[:, :, limbs]
        drawn = (1 - _TOGETHER) ** 0.5 * own + _TOGETHER**0.5 * common
        total = total + share[..., number, None] * (factor @ drawn.flatten(2)).view(drawn.shape)
    return size * total


def _jumps(draw: Dice, shape: _Shape, limbs: Tensor) -> Tensor:
    """Return jumps (B, T, K, 2) of whole limbs that die away."""
    n, n_frames, n_joints = shape
    start = draw.chance(0.006, n, n_frames, n_joints, 1) * draw.chance(0.4, n, 1, 1, 1)
    size = (start * 2.0 * draw.normal(n, n_frames, n_joints, 2))[:, :, limbs]
    size = (size * draw.uniform(0.4, 1.2, n, 1, n_joints, 1)).flatten(2)
    fading = _fading(n_frames, draw.dtype, draw.device)
    return (fading[draw.integers(len(fading), n)] @ size).view(n, n_frames, n_joints, 2)


def _bursts(draw: Dice, shape: _Shape, *, share: float) -> Tensor:
    """Return a mask (B, T, K) of stretches of one to four frames, a `share` of all."""
    n, n_frames, n_joints = shape
    start = draw.chance(share / 2.5, n, n_frames + 3, n_joints)
    length = draw.integers(5, *start.shape, first=1)
    begun = [(start & (length > back))[:, 3 - back : 3 - back + n_frames] for back in range(4)]
    return torch.stack(begun).any(0)


def _with_swapped_sides(draw: Dice, xy: Tensor, joints: Joints) -> Tensor:
    """Let left and right legs, arms or everything change places for a few frames of some windows."""
    n, n_frames = xy.shape[:2]
    which = joints.swapped[draw.integers(len(joints.swapped), n)]
    start = draw.integers(n_frames, n, 1, first=1 - _LONGEST_SWAP)
    length = draw.integers(_LONGEST_SWAP + 1, n, 1, first=1)
    times = torch.arange(n_frames, device=xy.device)
    swapped = (times >= start) & (times < start + length)
    swapped &= draw.chance(min(_MOST_SWAPS, _SWAPS_A_FRAME * n_frames), n, 1)
    return torch.where((swapped[..., None] & which[:, None])[..., None], xy[:, :, joints.mirror], xy)
