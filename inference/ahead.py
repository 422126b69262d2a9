"""Work done a little ahead in threads, handed out in order; numpy and OpenCV let threads run beside each other."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")

_THREADS = 2


def map_ahead(function: Callable[[_In], _Out], items: Iterable[_In], *, threads: int = _THREADS) -> Iterator[_Out]:
    """Yield ``function(item)`` for every item, in order; only a few results wait at any time.

    Whoever stops in between waits only for what is being computed.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[_Out]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
