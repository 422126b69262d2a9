"""Measures the fit on clips whose 3D truth is known; ``python -m inference.fitting.evaluation`` prints the table.

May import what the fit may, `inference.climb` and the detector's task.
Central names: `pose2sim.views`, `capture.views`, `climbs.climbs`.
"""
