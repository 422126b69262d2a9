"""What the worker can do: one module per task, each with ``run(context) -> summary``.

Only here may torch, OpenCV, MediaPipe and smplx be imported, and only the worker imports a task, by its `TaskName`.
"""
