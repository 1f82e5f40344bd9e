"""Instance segmentation with StarDist: every pixel says how far it is to its object's outline.

>>> from gpu_course.deep_learning.stardist import StarPatches, build, design_for, predict, train

The networks are those of the stardist package, on TensorFlow. In the order of the lesson:

* `extent` measures the objects, `design` derives a network from them: rays, grid, depth, patch, and
  how far it sees;
* where cameras differ, `prepared` brings scenes to one brightness and size first;
* `data` turns labelled scenes into batches of what the network must say, `model` builds the
  network and `training` trains it, with a `checkpoint` after every epoch;
  `receptive_field` says how far it really looks;
* `thresholds` are chosen on validation scenes, `prediction` covers images of any size, `scores`
  says how good it was, and `storage` keeps the weights.

Importing this package imports none of the libraries that its modules use.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.deep_learning.stardist.data import StarBatch, StarPatches, StarTiles, targets
    from gpu_course.deep_learning.stardist.design import Design, design_for
    from gpu_course.deep_learning.stardist.extent import (
        Extent,
        enough_rays,
        measure,
        redraw,
        redrawn_iou,
    )
    from gpu_course.deep_learning.stardist.model import StarModel, build
    from gpu_course.deep_learning.stardist.prediction import Stars, predict, tiles_for
    from gpu_course.deep_learning.stardist.prepared import Prepared
    from gpu_course.deep_learning.stardist.thresholds import Thresholds, optimise
    from gpu_course.deep_learning.stardist.training import StarEpoch, StarTraining, train

__all__ = [
    "Design",
    "Extent",
    "Prepared",
    "StarBatch",
    "StarEpoch",
    "StarModel",
    "StarPatches",
    "StarTiles",
    "StarTraining",
    "Stars",
    "Thresholds",
    "build",
    "design_for",
    "enough_rays",
    "measure",
    "optimise",
    "predict",
    "redraw",
    "redrawn_iou",
    "targets",
    "tiles_for",
    "train",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "data": ("StarBatch", "StarPatches", "StarTiles", "targets"),
        "design": ("Design", "design_for"),
        "extent": ("Extent", "enough_rays", "measure", "redraw", "redrawn_iou"),
        "model": ("StarModel", "build"),
        "prepared": ("Prepared",),
        "prediction": ("Stars", "predict", "tiles_for"),
        "thresholds": ("Thresholds", "optimise"),
        "training": ("StarEpoch", "StarTraining", "train"),
    },
)
