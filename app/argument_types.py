"""What arguments of the command line are made of."""

import argparse
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def worded(read: Callable[[str], T], words: str) -> Callable[[str], T]:
    """Return a reader that says in words what it expects; argparse alone would name the function."""

    def told(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not {words}") from error

    return told


def _frame_pair(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return int(first), int(last or first)


frame_pair = worded(_frame_pair, "a range of frames such as 40:65, or one frame")
"""Reads the first and last frame of "A:B" or "A"."""
