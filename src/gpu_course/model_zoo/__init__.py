"""A U-Net as a package of the BioImage Model Zoo, for programs that do not know this course.

>>> from gpu_course.model_zoo import export

* `about` is what people must be told: by whom, from what, under which licence, where it fails;
* `network_files` are the weights in two formats, with the architecture as a file of its own;
* `example` is an image with the course's own answer, by which a program tests itself, and the
  cover;
* `description` says all of it in the zoo's format, `documentation` in words;
* `exporting` puts them into one file; `commands` is the same on the command line.

Importing this package imports none of the libraries that its modules use.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.model_zoo.exporting import export

__all__ = ["export"]

__getattr__, __dir__ = lazy_names.attach(__name__, {"exporting": ("export",)})
