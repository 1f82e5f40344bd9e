"""What the parts of a network hand on, as pictures."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn


def feature_maps(
    model: "nn.Module", parts: Mapping[str, "nn.Module"], image: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """Return what parts of a network hand on while it looks at an image.

    The model is used as if after ``eval()``; `parts` is a name → a module inside it; the image,
    float32 (C, Y, X), is normalised and of a size that fits. Returns name → feature maps, float32
    (channels, rows, columns), in the order of use.
    """
    import torch

    seen: dict[str, NDArray[np.float32]] = {}

    def watch(name: str) -> Any:
        def keep(module: Any, given: Any, result: Any) -> None:
            # A copy: a later layer may write its own result over this one.
            seen[name] = result[0].detach().float().cpu().numpy().copy()

        return keep

    hooks = [part.register_forward_hook(watch(name)) for name, part in parts.items()]
    was_training = model.training
    try:
        with torch.no_grad():
            model.eval()(torch.from_numpy(image)[None])
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return seen


def liveliest(maps: NDArray[np.floating[Any]], shape: tuple[int, int]) -> NDArray[Any]:
    """Return the feature map that varies most, enlarged without smoothing.

    Maps are (channels, rows, columns), the shape is in multiples of rows and columns.
    """
    chosen = maps[int(maps.std(axis=(1, 2)).argmax())]
    rows, columns = (n // m for n, m in zip(shape, chosen.shape, strict=True))
    return np.kron(chosen, np.ones((rows, columns), chosen.dtype))
