"""What to take a smoother for, and what it is worth on a detector's points."""

from collections.abc import Mapping
from typing import Any

from annotation.model_cards import DETECTED, ModelCard, SmootherEntry, smoother_entry


def advice(entry: SmootherEntry, card: ModelCard | None = None) -> str:
    """Return one or two sentences: when to take it, and its figures where its card has them."""
    sentences = [f"Good for {entry.good_for}." if entry.good_for else ""]
    figures = {} if card is None else card.figures.get(DETECTED, {})
    sentences.append(_figures(figures) if isinstance(figures, Mapping) else "")
    return " ".join(sentence for sentence in sentences if sentence)


def _figures(figures: Mapping[str, Any]) -> str:
    """Say what the figures of a card are: with steadying where it has them, the usual way."""
    after, before = figures.get("steadied", figures.get("alone")), figures.get("identity")
    try:
        right = 100 * before["pck@0.05"], 100 * after["pck@0.05"]  # type: ignore[index]
        calmer = 100 * (after["acc-err"] / before["acc-err"] - 1)  # type: ignore[index]
        fast = 100 * (after["fastest"] / before["fastest"] - 1)  # type: ignore[index]
    except (KeyError, TypeError, ZeroDivisionError):
        return ""
    worse = right[1] < right[0]
    instead = f" For a detector's points take {smoother_entry('steady').title}." if worse else ""
    return (
        f"On the default detector over made-up climbs: {right[0]:.0f} → {right[1]:.0f}\N{NO-BREAK SPACE}% within "
        f"0.05 torsos, acceleration error {_signed(calmer)}, error in the fastest moves {_signed(fast)}.{instead}"
    )


def _signed(percent: float) -> str:
    return f"{'−' if percent < 0 else '+'}{abs(percent):.0f}\N{NO-BREAK SPACE}%"
