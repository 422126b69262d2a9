"""Fits the parametric body to the 2D points of a clip and what is known besides; joints only, never the full mesh.

May import `annotation`, numpy and scipy.
Central names: `inference.fitting.clip_fit.fit_clip`, `inference.fitting.points.ClipPoints`,
`inference.fitting.stages.run_stages`; what is known comes from `annotation.known_facts`.
"""
