"""What is said, and asked, about the depths of joints, as notes beside them in the list."""

from collections.abc import Collection

from annotation.known_facts import Order, depth_parent
from annotation.labels import Track
from annotation.skeletons import joint_title, load_skeleton
from app.stating import depth_words, said_by
from widgets.joint_list import JointNote


def depth_notes(track: Track, frame: int, *, asked: Collection[str]) -> dict[int, JointNote]:
    """Return the notes of a frame by the index of their joint; `asked` are the joints a statement would help."""
    skeleton = load_skeleton(track.skeleton)
    notes = {}
    for joint in asked:
        parent = " and ".join(joint_title(name) for name in depth_parent(skeleton, joint))
        notes[skeleton.index(joint)] = JointNote("nearer?", f"nearer or farther than the {parent}?")
    for statement in track.facts.depths:
        if statement.frame == frame and statement.joint in skeleton.joints:
            long = f"{depth_words(track, statement)}, {said_by(statement)}".rstrip(", ")
            notes[skeleton.index(statement.joint)] = JointNote(_short(statement.depth), long)
    return notes


def _short(depth: Order | float) -> str:
    if isinstance(depth, Order):
        return depth.value
    side = Order.FARTHER if depth >= 0 else Order.NEARER
    return f"{100 * abs(depth):.0f} cm {side.value}"
