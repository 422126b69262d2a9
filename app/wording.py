"""Numbers in sentences for people."""


def counted(number: int, word: str) -> str:
    """Return how many there are of what: ``1 frame``, ``1,200 frames``."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
