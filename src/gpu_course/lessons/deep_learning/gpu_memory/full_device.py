"""A network that behaves as if its device were full."""

import torch
from torch import Tensor

from gpu_course.deep_learning.unet import UNet


class FullAbove(UNet):
    """A network like `model` that says that its device is full above a tile of `side` × `side`."""

    def __init__(self, model: UNet, side: int) -> None:
        super().__init__(**model.configuration)
        self.load_state_dict(model.state_dict())
        self.side = side

    def forward(self, image: Tensor) -> Tensor:
        """Return the result, or raise what PyTorch raises when memory is out."""
        if max(image.shape[-2:]) > self.side:
            raise torch.OutOfMemoryError("pretended by gpu_course")
        return super().forward(image)
