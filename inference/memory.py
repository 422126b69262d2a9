"""Memory of a process that computes: kept for the next array instead of going back to the system after each."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES, _LARGEST_KEPT_BYTES = 256 << 20, 32 << 20


def keep_memory() -> None:
    """Keep what arrays leave behind, up to 256 MB.

    The GNU library hands large arrays back at once, and memory that is fresh from the system is cleared page by page:
    a fit spent a fifth of its time on that. Elsewhere nothing happens.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if set_option is not None:
        set_option(_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
        set_option(_TRIM_THRESHOLD, _KEPT_BYTES)
