"""What the gate does to edits before it keeps them: who and when on labels, and several as one step of undo."""

from dataclasses import replace

from annotation.edits import AddTrack, Edit, SetLabels, Several
from annotation.label_patch import LabelPatch, Stamp
from annotation.label_table import LabelTable
from annotation.track_edits import SetFacts


def stamped(edit: Edit, stamp: Stamp) -> Edit:
    """Return an edit whose labels and depths say who made them and when; those that say so already keep it."""
    match edit:
        case SetLabels():
            return replace(edit, labels=LabelPatch.of(edit.labels).stamped(stamp))
        case AddTrack() if edit.track.labels:
            patch = edit.track.table.patch().stamped(stamp)
            table = LabelTable(edit.track.table.n_joints)
            table.apply(patch)
            return replace(edit, track=replace(edit.track, labels=table))
        case SetFacts():
            who, when = stamp
            depths = tuple(
                said if said.time_s is not None else replace(said, author=said.author or who, time_s=when)
                for said in edit.facts.depths
            )
            return replace(edit, facts=replace(edit.facts, depths=depths))
        case Several():
            return replace(edit, edits=tuple(stamped(part, stamp) for part in edit.edits))
    return edit


def joined(first: Edit, second: Edit) -> Edit:
    """Return one edit that does what two do one after the other; it has the title of the later one to be made."""
    if isinstance(first, SetLabels) and isinstance(second, SetLabels) and first.track_id == second.track_id:
        return SetLabels(first.track_id, {**first.labels, **second.labels}, second.title)
    parts = [part for edit in (first, second) for part in (edit.edits if isinstance(edit, Several) else (edit,))]
    return Several(tuple(parts), second.title)
