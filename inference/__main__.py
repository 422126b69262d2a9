"""The worker: ``python -m inference JOB_FOLDER`` carries out one job and prints its events, one JSON line each.

``python -m inference --refit FIT_JOB_FOLDER RUN_FOLDER`` is the warm worker, see `inference.refit_messages`.
"""

import os
import sys
from pathlib import Path

_USAGE = (
    "usage: python -m inference JOB_FOLDER [--attached]\n       python -m inference --refit FIT_JOB_FOLDER RUN_FOLDER"
)
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: list[str]) -> int:
    """Carry out the job in a folder; with ``--attached`` the end of stdin cancels it. Return the exit code."""
    for name in _ONE_THREAD:  # small systems: threads of BLAS cost the fit more than they bring
        os.environ.setdefault(name, "1")
    if arguments[:1] == ["--refit"] and len(arguments) == 3:
        from inference.refit import serve  # numpy reads these variables when it is imported

        return serve(Path(arguments[1]), Path(arguments[2]))
    folders = [argument for argument in arguments if not argument.startswith("-")]
    if len(folders) != 1 or set(arguments) - {*folders, "--attached"}:
        print(_USAGE, file=sys.stderr)
        return 2
    from inference.worker import work  # numpy reads these variables when it is imported

    return work(Path(folders[0]), attached="--attached" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
