"""A project whose points are those of the body it shows, so that the body follows what is corrected."""

from annotation.body import builtin_body
from annotation.poses import MeshSequence
from annotation.project import Project
from annotation.skeletons import load_skeleton
from inference.jobs import RUN_FILE
from tests.app.body_project import add_body
from tests.app.conftest import add_detection

SKELETON = load_skeleton("climbalong25")


def add_obeying(project: Project, mesh: MeshSequence) -> None:
    """Let the only track show a body of the built-in shape, and its joints as points."""
    body, (track,) = builtin_body(), project.tracks.values()
    points = body.keypoints(body.keypoint_rig(SKELETON.name), mesh.betas, mesh.pose, transl=mesh.transl)
    add_detection(project, mesh.camera.project(points))
    add_body(project, mesh=mesh)
    digest = project.live(track.id).digest()
    (project.run_folder("body") / RUN_FILE).write_text(f'{{"parameters": {{"inputs_digest": "{digest}"}}}}')
