"""What wires everything: document, presenters, job runner, settings, actions, the command line.

May import every package, of `inference` only `inference.jobs`; never torch, mediapipe or cv2, even indirectly.
Central names: `app.document.Document`, `app.main_window.MainWindow`, `app.cli.main`.
"""
