"""What arguments of the command line are made of."""


def frame_pair(text: str) -> tuple[int, int]:
    """Return the first and last frame of "A:B" or "A"."""
    first, _, last = text.partition(":")
    return int(first), int(last or first)
