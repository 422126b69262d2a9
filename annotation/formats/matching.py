"""Which joint of a file is which of ours: by name, however the other tool spells it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotation.skeletons import Skeleton, load_skeleton, skeleton_names

_WORDS = {"l": "left", "r": "right", "lt": "left", "rt": "right", "bigtoe": "big_toe", "smalltoe": "small_toe"}
_SAME = {"hand": "wrist", "foot": "ankle", "toe": "big_toe", "head_top": "head", "mid_hip": "hip", "pelvis": "hip"}


@dataclass(frozen=True)
class JointMatch:
    """How the joints of a file go to those of a skeleton.

    Attributes
    ----------
    targets : tuple of (int or None)
        For each joint of the file the index of ours, or None: it is left out.
    by_order : bool
        Whether no name said it and the joints were taken in their order.
    """

    skeleton: str
    targets: tuple[int | None, ...]
    by_order: bool = False

    @property
    def n_matched(self) -> int:
        """How many joints of the file have a place."""
        return sum(target is not None for target in self.targets)


def match_joints(
    joints: Sequence[str], skeleton: Skeleton, *, chosen: Mapping[str, str | None] | None = None
) -> JointMatch:
    """Find the places of a file's joints in a skeleton.

    Parameters
    ----------
    chosen : mapping, optional
        What a person says: name in the file -> name of ours, or None to leave it out. It goes before any guess.

    Raises
    ------
    KeyError
        If `chosen` names a joint that the file or the skeleton does not have.
    """
    chosen = chosen or {}
    for theirs, ours in chosen.items():
        if theirs not in joints:
            raise KeyError(f"the file has no joint {theirs!r}")
        if ours is not None and ours not in skeleton.joints:
            raise KeyError(f"skeleton {skeleton.name} has no joint {ours!r}")
    taken = {skeleton.index(ours) for ours in chosen.values() if ours is not None}
    targets: list[int | None] = []
    for joint in joints:
        if joint in chosen:
            ours = chosen[joint]
            targets.append(None if ours is None else skeleton.index(ours))
            continue
        target = _find(joint, skeleton)
        target = None if target in taken else target
        if target is not None:
            taken.add(target)
        targets.append(target)
    if not any(target is not None for target in targets) and not chosen and len(joints) == len(skeleton):
        return JointMatch(skeleton.name, tuple(range(len(joints))), by_order=True)
    return JointMatch(skeleton.name, tuple(targets))


def best_match(joints: Sequence[str]) -> JointMatch:
    """Return the match with the skeleton that has room for most joints of a file, the smallest of those."""
    matches = [match_joints(joints, load_skeleton(name)) for name in skeleton_names()]
    return max(matches, key=lambda m: (m.n_matched, not m.by_order, -len(load_skeleton(m.skeleton))))


def plain_name(name: str) -> str:
    """Return a joint's name as ours are written: "LWrist", "wrist-left" and "L_Wrist" are "left_wrist"."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"^([LR])([A-Z])", r"\1 \2", name.strip()))
    parts = [_WORDS.get(word, word) for word in re.split(r"[^a-z0-9]+", words.lower()) if word]
    if len(parts) == 1:
        sides = re.fullmatch(r"(left|right)(\w+)", parts[0])
        parts = [*sides.groups()] if sides else parts
        parts = [_WORDS.get(word, word) for word in parts]
    sides_found = [part for part in parts if part in ("left", "right")]
    rest = "_".join(part for part in parts if part not in ("left", "right"))
    return "_".join([*sides_found[:1], rest])


def _find(name: str, skeleton: Skeleton) -> int | None:
    plain = plain_name(name)
    side, rest = ("", plain)
    for prefix in ("left_", "right_"):
        if plain.startswith(prefix):
            side, rest = prefix, plain.removeprefix(prefix)
    for candidate in (name, plain, f"{side}{_SAME.get(rest, rest)}"):
        if candidate in skeleton.joints:
            return skeleton.index(candidate)
        for joint, others in skeleton.same_as.items():
            if candidate in others:
                return skeleton.index(joint)
    return None
