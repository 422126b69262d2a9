"""The options of the commands that fit and score a body."""

import argparse
from pathlib import Path


def add_fit_options(fit: argparse.ArgumentParser) -> None:
    """Say how the body is fitted."""
    fit.add_argument("--body", metavar="NAME", help="which body (see: betascope body list)")


def add_evaluate_options(evaluate: argparse.ArgumentParser) -> None:
    """Say what is scored against which truth."""
    evaluate.add_argument("what", choices=["3d"], metavar="3d")
    evaluate.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    evaluate.add_argument("--track", metavar="NAME", help="which climber, where there are several")
    evaluate.add_argument("--truth", type=Path, required=True, metavar="FILE", help=".trc, .bvh or a climb's truth.npz")
    evaluate.add_argument("--joints", choices=["16", "14", "all"], default="16", help="which joints (default 16)")
    evaluate.add_argument(
        "--offset-s", type=float, default=0.0, metavar="S", help="where in the truth the video begins, seconds"
    )
