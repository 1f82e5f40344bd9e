"""The environment variables of the course, looked at where a program begins.

What a variable means is told where it is read (`sizes`, `paths`, `devices`, `images.registry`), and
so is a value of the right kind that is none of those to choose from. Here it is seen that it has a
name that anybody reads, and that its value can be read at all.
"""

import os
import re

from gpu_course.did_you_mean import closest
from gpu_course.errors import CourseError

PREFIX = "GPU_COURSE_"

OF_PEOPLE = {
    *("GPU_COURSE_SIZE", "GPU_COURSE_DEVICE", "GPU_COURSE_CLESPERANTO"),
    *("GPU_COURSE_CACHE", "GPU_COURSE_MIRROR", "GPU_COURSE_SITE", "GPU_COURSE_REPOSITORY"),
}
"""Variables that a person sets."""

OF_PROGRAMS = {"GPU_COURSE_NEW_RUN", "GPU_COURSE_TRIED_DRIVER", "GPU_COURSE_OWN_PROCESS"}
"""Variables that one program of the course sets for another."""

EMPTY_IS_UNSET = ("OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH", "POCL_CACHE_DIR", "POCL_DEVICES")
"""Of OpenCL's loader and of PoCL: empty, they take them for unset, and so does the course."""


def settle() -> None:
    """Take what is set to nothing for unset, and refuse what nobody could read.

    Raises
    ------
    CourseError
        If a variable begins as the course's own do and is none, or the mirror is an address that
        cannot be fetched from.
    """
    for name in EMPTY_IS_UNSET:
        if not os.environ.get(name, "?").strip():
            del os.environ[name]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in OF_PEOPLE | OF_PROGRAMS:
            raise CourseError(
                f"The course has no environment variable {name}.{closest(name, OF_PEOPLE)} Correct "
                f"its name, or unset it."
            )
    mirror = os.environ.get("GPU_COURSE_MIRROR", "").strip()
    if re.match(r"\w{2,}:/", mirror) and not re.match(r"https?://[\w.-]+(:\d{1,5})?(/|$)", mirror):
        raise CourseError(
            f"GPU_COURSE_MIRROR is {mirror!r}, which is no web address. Set it to a folder or to "
            f"an address such as https://example.org/images, or unset it."
        )
