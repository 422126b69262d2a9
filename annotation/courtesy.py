"""Long work that gives way: whoever needs the interpreter at once, as a window does, goes first.

In Python one thread computes at a time. Work in a thread says between its pieces that it could wait (`give_way`);
whoever started it says for whom (`giving_way`). Where nobody did, nothing happens.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

_T = TypeVar("_T")
_WAIT: ContextVar[Callable[[], object] | None] = ContextVar("wait", default=None)


@contextmanager
def giving_way(wait: Callable[[], object]) -> Iterator[None]:
    """Let the work of this thread call `wait` between its pieces, which returns when nobody needs to go first."""
    token = _WAIT.set(wait)
    try:
        yield
    finally:
        _WAIT.reset(token)


def give_way() -> None:
    """Let others go first, if this thread was told to."""
    wait = _WAIT.get()
    if wait is not None:
        wait()


def by_turns(pieces: Iterable[_T]) -> Iterator[_T]:
    """Hand out pieces of work, and let others go first before each."""
    for piece in pieces:
        give_way()
        yield piece
