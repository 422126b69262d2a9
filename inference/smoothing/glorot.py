"""Glorot initialisation (Andersen 2023, eq. 28)."""

from torch import nn


def initialise(model: nn.Module) -> None:
    """Draw weights of convolutions and linear layers from the Glorot uniform distribution and set biases to zero."""
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
