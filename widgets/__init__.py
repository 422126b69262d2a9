"""What shows and asks: setters in, signals out.

May import PySide6, pyqtgraph, vispy, `annotation` types and `resources`; never `inference`, `app`, files or settings.
Central names: `widgets.video_view.VideoView`, `widgets.body_view.BodyView`, `widgets.timeline.Timeline`.
"""
