"""What we know: skeletons, labels, edits, the project on disk, video frames, the body, metrics and formats.

May import numpy, scipy, PyAV, the standard library and `resources`; never Qt, torch or our other packages.
Central names: `annotation.labels.Track`, `annotation.resolving.resolve`, `annotation.project.Project`.
"""
