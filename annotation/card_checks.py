"""Whether what a file holds is the card of a model."""

from collections.abc import Sequence
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "model": str,
    "title": str,
    "skeleton": str,
    "joints": list,
    "fps": (int, float),
    "window": int,
    "n_parameters": int,
}


def card_fault(content: Any, *, form: str, models: Sequence[str]) -> str:
    """Say what is wrong with the content of a card of a format and of one of some models; empty if nothing is."""
    if not isinstance(content, dict) or content.get("format") != form:
        return f"it does not say {form!r}"
    for name, kind in _TYPES.items():
        if not isinstance(content.get(name), kind):
            return f"{name} is missing or of the wrong kind"
    for name in ("options", "recipe", "figures"):
        if not isinstance(content.get(name, {}), dict):
            return f"{name} is no object"
    if content["model"] not in models:
        return f"it is about a model {content['model']!r}, which this version does not know"
    if not (content["fps"] > 0 and content["window"] > 0):
        return "its frame rate or its window is not above 0"
    if not all(isinstance(joint, str) for joint in content["joints"]):
        return "its joints are no names"
    return ""
