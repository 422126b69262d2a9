"""What computes: detection, fitting, rendering, the worker process and the vocabulary of jobs.

May import `annotation`, and torch, smplx, cv2, mediapipe in the tasks and in what only they import; never Qt, `widgets`
or `app`.
Central names: `inference.jobs.JobSpec`, `inference.jobs.Event`, `python -m inference JOB_FOLDER`.
"""
