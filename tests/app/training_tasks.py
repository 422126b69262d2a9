"""A training that takes a moment and knows its figures beforehand, for workers that a test starts."""

TASK = """
import json, sys, threading, types
from inference.jobs import Measured

def run(context):
    name = context.parameters["name"]
    epochs = 0
    for epoch in range(1, 5 if name != "endless" else 10_000):
        context.report(epoch, 4, f"epoch {epoch}")
        context.measured(Measured({"training loss": 1 / epoch, "validation loss": 1.5 / epoch, "pck@0.1": 0.2 * epoch,
                                   "learning rate": 0.001}, epoch, context.parameters["model"]))
        epochs = epoch
        if name == "endless":
            threading.Event().wait(0.02)
            if context.stopped():
                break
    (context.output / f"{name}.safetensors").write_bytes(b"weights")
    card = {"format": "betascope model card 1", "model": "conv3d", "title": "Mine", "skeleton": "climbalong25",
            "joints": [], "fps": 25.0, "window": 5, "n_parameters": 78150}
    (context.output / f"{name}.json").write_text(json.dumps(card))
    joints = {"left_wrist": 0.5, "right_wrist": 0.25}
    return {"weights": f"{name}.safetensors", "held_out": 12, "labels": 340, "accepted": 40, "epochs": epochs,
            "identity": {"pck@0.1": 0.3, "acc-err": 0.02},
            "before": {"pck@0.1": 0.5, "acc-err": 0.01}, "after": {"pck@0.1": 0.75, "acc-err": float("nan")},
            "per_joint": {"before": joints, "after": {joint: 2 * value for joint, value in joints.items()}}}

for name in ("finetune_smoother", "train_smoother"):
    task = types.ModuleType("inference.tasks." + name)
    task.run = run
    sys.modules[task.__name__] = task
"""
