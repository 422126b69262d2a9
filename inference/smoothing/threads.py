"""Work on batches in several threads, each with one thread of torch's own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_threads(work: Callable[[Given], Made], items: Sequence[Given], *, n_threads: int) -> Iterator[Made]:
    """Yield what `work` makes of items, in their order; what nobody asks for any more is not begun."""
    if min(n_threads, len(items)) <= 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(n_threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)
