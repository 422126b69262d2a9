"""How the windows of a learned smoother lie over a clip; read without torch, so that the window can count them."""

from math import gcd

from annotation.model_cards import ModelCard, SmootherKind

SAMPLE_EVERY = 5
"""Every how many frames DeciWatch looks at one unless its card says otherwise."""
_OVERLAPPING, _OVERLAPPING_MAPS = 10, 5
"""So many windows of points, and of maps, cover a frame."""


def stride_of(card: ModelCard) -> int:
    """Return by how many frames a window of a model begins after the one before.

    So many overlap that no frame differs from the next; 3DConv's begin at every frame, as they answer for their middle
    alone. Where a model samples frames, windows begin in turn at every place between two sampled ones, so that every
    frame is looked at.
    """
    if card.model == "conv3d":
        return 1
    maps = card.entry.kind is SmootherKind.HEATMAPS
    usual = card.window // (_OVERLAPPING_MAPS if maps else _OVERLAPPING)
    stride = max(1, int(card.options.get("stride", usual)))
    while card.model == "deciwatch" and gcd(stride, int(card.options.get("sample_every", SAMPLE_EVERY))) > 1:
        stride += 1
    return stride


def count_windows(card: ModelCard, n_frames: int) -> int:
    """Return how many windows of a model cover evenly spaced frames; the last one ends with them."""
    return -(-max(n_frames - card.window, 0) // stride_of(card)) + 1
