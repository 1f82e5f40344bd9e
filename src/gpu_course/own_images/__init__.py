"""Your own images: from a folder with labels or masks to a model, and from a model to results.

>>> from gpu_course.own_images import predict, train

* `folder` reads and checks, `looks` measures brightness and size, `splitting` deals the images out,
  `plan` says what is trained, and `preparing` brings images to the size at which that works;
* `threshold` is the simplest method, `learning` trains it and the networks of
  `gpu_course.deep_learning`, and `choosing` keeps the simplest that does well on the validation
  images: all of it is `training`, and the result a `model` in one file, which is believed only
  where what is `stored` in it can be right;
* `applying` predicts the `pictures` of a folder: `separating` makes objects of masks, `outlines`
  are for Fiji, `measuring` makes the table, and a `report` shows the worst cases; `commands` are
  the same on the command line.

Importing this package imports none of the libraries that its modules use.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.own_images.applying import predict
    from gpu_course.own_images.folder import Labelled, read
    from gpu_course.own_images.looks import Learned, Look, learned_from, look
    from gpu_course.own_images.model import Found, OwnModel, load, save
    from gpu_course.own_images.results import Applied
    from gpu_course.own_images.splitting import Split, deal
    from gpu_course.own_images.training import Trained, train

__all__ = [
    "Applied",
    "Found",
    "Labelled",
    "Learned",
    "Look",
    "OwnModel",
    "Split",
    "Trained",
    "deal",
    "learned_from",
    "load",
    "look",
    "predict",
    "read",
    "save",
    "train",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "applying": ("predict",),
        "results": ("Applied",),
        "folder": ("Labelled", "read"),
        "looks": ("Learned", "Look", "learned_from", "look"),
        "model": ("Found", "OwnModel", "load", "save"),
        "splitting": ("Split", "deal"),
        "training": ("Trained", "train"),
    },
)
