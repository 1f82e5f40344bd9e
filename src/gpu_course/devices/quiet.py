"""Keep compilers and loaders from writing into the student's notebook.

None of this hides an error: a kernel that does not compile still raises with the compiler's text.
"""

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_OPTIONS = "PYOPENCL_BUILD_OPTIONS"
_PYOPENCL_SAYS = "Non-empty compiler output"


def hush_compiler() -> None:
    """Build every OpenCL kernel from now on without the compiler's warnings.

    PoCL compiles with clang, which writes "8 warnings generated." straight to the process's error
    stream, past Python. ``-w`` is OpenCL's own option for silence, so nothing needs to be caught:
    the text is never written. PyOpenCL reads the option from the environment at each build.
    """
    options = os.environ.get(_OPTIONS, "").split()
    if "-w" not in options:
        os.environ[_OPTIONS] = " ".join([*options, "-w"])
    warnings.filterwarnings("ignore", message=_PYOPENCL_SAYS)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep off the error stream what compiled code writes there, unless the block raises.

    TensorFlow's loader prints before any log level is read, so the stream itself (file descriptor
    2) is turned to a temporary file. If the block raises, what was written is shown after all.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as written:
        real = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(real, written.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
