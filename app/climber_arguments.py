"""What the command line understands about climbers."""

import argparse


def add_person(parser: argparse.ArgumentParser) -> None:
    """Let a command be told which of several people is meant."""
    parser.add_argument("--track", metavar="NAME", help="which climber; a new one if nobody has this name")
    parser.add_argument("--box", type=_box, metavar="X,Y,W,H", help="the person in this box (pixels) is meant ...")
    parser.add_argument("--frame", type=int, default=0, metavar="N", help="... in this frame, counted from 0")


def _box(text: str) -> tuple[float, float, float, float]:
    x, y, width, height = (float(part) for part in text.split(","))
    return x, y, width, height
