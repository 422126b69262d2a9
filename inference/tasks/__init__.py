"""What the worker can do: one module per task, each with ``run(context) -> summary``.

OpenCV and MediaPipe are imported here and in what only tasks import (`inference.drawing`, `inference.climb`), so that
nobody else loads them; only the worker imports a task, by its `TaskName`.
"""
