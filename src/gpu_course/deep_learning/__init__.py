"""Section 4: deep learning, from labelled scenes to masks of images of any size.

>>> from gpu_course.deep_learning import Patches, Tiles, UNet, predict_tiled, train

In the order of the lesson:

* `labelled_folder` keeps scenes that people have labelled, with a `scene_table`, and refuses
  `classes_as_labels`; `scenes` splits and checks them, `normalisation` brings them to one range,
  `data` cuts them into batches of patches, and `augmentation` varies the patches;
* `unet` is the network; `receptive_field` says how far it sees, `memory` what it costs, and
  `memory_measured` what it really took;
* `losses` say how wrong it is and `training` makes it less so, in the `precision` of the device,
  with a `checkpoint` after every epoch, a `history` at the end and `progress` to be seen meanwhile;
  `apple` keeps it from what goes wrong on Apple's GPUs;
* `prediction` covers images of any size, `storage` keeps a network in a file, a
  `safetensors_file`, and `weights` says where these files lie.

That is semantic segmentation; `stardist` holds the same steps for instances.

Importing this package imports none of the libraries that its modules use.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.deep_learning.augmentation import Augmentation
    from gpu_course.deep_learning.data import Batch, Patches, Tiles, find_device
    from gpu_course.deep_learning.history import Epoch, Training
    from gpu_course.deep_learning.losses import Loss, dice_cross_entropy
    from gpu_course.deep_learning.memory import Memory, estimate, largest_batch
    from gpu_course.deep_learning.normalisation import Normalisation
    from gpu_course.deep_learning.precision import autocast, best_precision
    from gpu_course.deep_learning.prediction import predict_tiled
    from gpu_course.deep_learning.progress import LivePlot
    from gpu_course.deep_learning.receptive_field import (
        ReceptiveField,
        effective,
        effective_size,
        field_of,
        theoretical,
    )
    from gpu_course.deep_learning.scenes import mask_of, split_scenes
    from gpu_course.deep_learning.training import train
    from gpu_course.deep_learning.unet import UNet, count_parameters, probabilities

__all__ = [
    "Augmentation",
    "Batch",
    "Epoch",
    "LivePlot",
    "Loss",
    "Memory",
    "Normalisation",
    "Patches",
    "ReceptiveField",
    "Tiles",
    "Training",
    "UNet",
    "autocast",
    "best_precision",
    "count_parameters",
    "dice_cross_entropy",
    "effective",
    "effective_size",
    "estimate",
    "field_of",
    "find_device",
    "largest_batch",
    "mask_of",
    "predict_tiled",
    "probabilities",
    "split_scenes",
    "theoretical",
    "train",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "augmentation": ("Augmentation",),
        "data": ("Batch", "Patches", "Tiles", "find_device"),
        "history": ("Epoch", "Training"),
        "losses": ("Loss", "dice_cross_entropy"),
        "memory": ("Memory", "estimate", "largest_batch"),
        "normalisation": ("Normalisation",),
        "precision": ("autocast", "best_precision"),
        "prediction": ("predict_tiled",),
        "progress": ("LivePlot",),
        "receptive_field": (
            "ReceptiveField",
            "effective",
            "effective_size",
            "field_of",
            "theoretical",
        ),
        "scenes": ("mask_of", "split_scenes"),
        "training": ("train",),
        "unet": ("UNet", "count_parameters", "probabilities"),
    },
)
