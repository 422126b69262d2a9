"""Processes that compute side by side, a processor each, and end with the one that started them."""

import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process

import torch


def processes(at_once: int) -> ProcessPoolExecutor:
    """Return so many processes; what they carry out is importable."""
    return ProcessPoolExecutor(at_once, mp_context=get_context("spawn"), initializer=_begin)


def _begin() -> None:
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End where the process that wants the result is gone: a job that is cancelled may be killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
