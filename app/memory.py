"""Memory that is not used any more goes back to the system, so that a long clip takes what its points take.

The C library of Linux keeps what was freed: a pool for each thread, and up to tens of megabytes in each.
"""

import ctypes
import linecache
import sys
from contextlib import suppress

_M_ARENA_MAX = -8
"""Of ``malloc.h``."""


def share_one_pool() -> None:
    """Let all threads take memory from one pool; for the beginning of a program, before there are others."""
    _call("mallopt", _M_ARENA_MAX, 1)


def give_back() -> None:
    """Give back what is free in the pool; takes some milliseconds.

    PySide looks into the source of every module that is imported, and Python keeps the lines for tracebacks: 25 MB,
    which are read again should there be one.
    """
    linecache.clearcache()
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than that of GNU
            getattr(ctypes.CDLL(None), name)(*arguments)
