"""How far a command is: a bar for people, a line now and then in a log file, nothing for machines."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tqdm import tqdm

_EVERY_S = 10.0
"""So long it stays quiet in a log file."""


class Tell(Protocol):
    """Told of progress."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Take how many of how many steps (0: nobody knows) are behind us."""


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Tell]:
    """Show progress on stderr while a command works."""
    if quiet or not sys.stderr.isatty():
        yield _Silence() if quiet else _Lines(title)
        return
    with tqdm(desc=title, unit="", file=sys.stderr, leave=True, mininterval=0.2) as bar:

        def tell(done: int, total: int, message: str = "") -> None:
            bar.total = total or None
            bar.n = done
            bar.set_postfix_str(message, refresh=True)

        yield tell
        bar.n = bar.total or bar.n
        bar.refresh()


class _Silence:
    def __call__(self, done: int, total: int, message: str = "") -> None:
        pass


class _Lines:
    """A line now and then, where a bar would be a line for each frame."""

    def __init__(self, title: str) -> None:
        self._title, self._next_s, self._last = title, 0.0, ""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        ended, now = total > 0 and done >= total, time.monotonic()
        share = f"{100 * done / total:.0f} %" if total else f"{done}" if done else ""
        words = ", ".join(word for word in (share, message) if word)
        if not words or words == self._last or (now < self._next_s and not ended):
            return
        self._next_s, self._last = now + _EVERY_S, words
        print(f"{self._title}: {words}" if self._title else words, file=sys.stderr, flush=True)
