"""Fits the parametric body to the 2D points of a clip; joints only, never the full mesh.

May import `annotation`, numpy and scipy.
Central names: `inference.fitting.clip_fit.fit_clip`, `inference.fitting.points.ClipPoints`,
`inference.fitting.solver.solve`.
"""
