"""What the thesis reports (Andersen 2023, "Temporal smoothing in 2D human pose estimation for bouldering")."""

MODELS = ("conv3d", "deciwatch", "convlstm-s", "convlstm-c")
"""In the order of its tables."""

Triples = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""Percent, for PCK@0.05, @0.1 and @0.2, each for experiments 1, 2 and 3."""

PRETRAINING: dict[int, dict[str, Triples]] = {
    1: {
        "identity": ((6.95, 6.95, 6.95), (25.7, 25.7, 25.7), (67.4, 67.4, 67.4)),
        "conv3d": ((1.84, 20.5, 0.67), (30.6, 58.5, 23.8), (96.6, 98.0, 96.3)),
        "deciwatch": ((51.4, 51.4, 44.5), (64.6, 64.6, 51.5), (80.2, 80.2, 64.2)),
        "convlstm-s": ((27.8, 31.1, 33.8), (68.4, 71.0, 72.5), (95.7, 95.8, 96.7)),
        "convlstm-c": ((29.5, 31.7, 31.8), (69.5, 71.3, 71.8), (96.1, 96.1, 96.9)),
    },
    2: {
        "identity": ((1.84, 1.84, 1.84), (7.75, 7.75, 7.75), (29.3, 29.3, 29.3)),
        "conv3d": ((0.80, 2.40, 0.11), (21.6, 27.6, 16.8), (94.2, 91.8, 95.5)),
        "deciwatch": ((51.2, 51.2, 10.3), (64.4, 64.4, 24.4), (80.2, 80.2, 50.3)),
        "convlstm-s": ((10.5, 11.6, 10.1), (31.1, 33.4, 29.5), (68.5, 67.8, 69.6)),
        "convlstm-c": ((12.5, 12.0, 9.63), (36.4, 32.5, 29.8), (74.6, 65.5, 70.0)),
    },
}
"""Tables 3 and 4, by the shifting scalar."""

FINE_TUNING: dict[int, dict[str, Triples]] = {
    1: {
        "identity": ((19.4, 19.4, 19.4), (66.1, 66.1, 66.1), (85.2, 85.2, 85.2)),
        "conv3d": ((49.7, 52.3, 53.1), (95.7, 95.7, 95.8), (99.2, 99.3, 99.3)),
        "deciwatch": ((76.6, 76.7, 68.1), (94.4, 94.3, 87.3), (99.2, 99.2, 96.1)),
        "convlstm-s": ((37.8, 34.9, 39.0), (91.8, 92.1, 92.2), (99.4, 99.7, 99.2)),
        "convlstm-c": ((35.9, 39.0, 38.5), (93.1, 93.6, 92.6), (99.8, 99.7, 99.7)),
    },
    2: {
        "identity": ((19.4, 19.4, 19.4), (66.1, 66.1, 66.1), (85.2, 85.2, 85.2)),
        "conv3d": ((46.5, 51.6, 47.3), (95.5, 95.5, 95.8), (99.2, 99.3, 99.2)),
        "deciwatch": ((76.0, 75.9, 36.8), (94.2, 94.2, 74.9), (99.2, 99.2, 92.8)),
        "convlstm-s": ((38.8, 37.4, 35.9), (92.7, 92.1, 91.2), (99.4, 99.5, 99.3)),
        "convlstm-c": ((39.2, 39.5, 37.1), (92.5, 92.9, 92.6), (99.6, 99.3, 99.6)),
    },
}
"""Tables 7 and 8."""

MEANS: dict[str, tuple[float, ...]] = {
    "conv3d": (81.5, 82.4, 82.7, 80.4, 82.1, 80.8),
    "deciwatch": (90.1, 90.1, 83.8, 89.8, 89.8, 68.2),
    "convlstm-s": (76.3, 75.6, 76.8, 77.0, 76.0, 75.5),
    "convlstm-c": (76.3, 77.4, 77.3, 77.1, 77.2, 76.4),
}
"""Table 13: means of the three PCK of runs 1.1, 1.2, 1.3, 2.1, 2.2, 2.3 after fine-tuning."""

MILLISECONDS: dict[str, tuple[float, int]] = {
    "conv3d": (0.39, 78_150),
    "deciwatch": (14.2, 1_708_388),
    "convlstm-s": (10.6, 1_875_666),
    "convlstm-c": (20.1, 1_872_313),
}
"""Table 14: time for a window on a GTX 1070, and parameters."""
