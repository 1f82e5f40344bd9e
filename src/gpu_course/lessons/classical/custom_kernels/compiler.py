"""OpenCL kernels of your own: save the source, and hear what the compiler says about it.

clesperanto's ``execute`` takes a kernel from a file, puts its own helpers in front of it and hands
all of it to the compiler. So the compiler's messages speak of line 640 of a file that nobody wrote.
:func:`save` numbers the lines as you see them, and :func:`compiler_messages` shows the messages
that concern your lines, in one form for all drivers.
"""

import os
import re
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_course.devices import quiet_stderr

_NOT_BUILT = ("BUILD_PROGRAM_FAILURE", "Failed to build")
_VARIABLES = ("PYOPENCL_BUILD_OPTIONS", "PYOPENCL_COMPILER_OUTPUT")


def save(source: str, name: str) -> str:
    """Write OpenCL source to a temporary file for ``execute`` and return its path.

    The compiler's messages will speak of it under its name, such as ``"gamma"``. The file begins
    with a ``#line`` directive, by which the compiler counts the lines as you see them in `source`,
    whatever clesperanto puts in front.
    """
    # The line break after the opening quotes of a Python string is not a line one sees.
    file = Path(tempfile.mkdtemp(prefix="kernel-")) / f"{name}.cl"
    file.write_text(f'#line 1 "{name}.cl"\n{source.lstrip(chr(10))}', encoding="utf-8")
    return str(file)


def concerning(log: str, name: str) -> list[str]:
    """Return the messages of a compiler's log that speak of the source `name`, without doubles.

    The log is of any driver: PoCL writes ``warning: gamma.cl:5:18: …``, most others
    ``gamma.cl:5:18: warning: …``.
    """
    messages = []
    place = rf"{re.escape(name)}\.cl:(\d+):\d+"
    for line in log.splitlines():
        before = re.search(rf"(error|warning): {place}(?: <[^>]*>)?: (.*)", line)
        after = re.search(rf"{place}: (?:fatal )?(error|warning): (.*)", line)
        if before:
            kind, number, text = before.groups()
        elif after:
            number, kind, text = after.groups()
        else:
            continue
        messages.append(f"{name}, line {number}: {kind}: {text}")
    return list(dict.fromkeys(messages))


@contextmanager
def compiler_messages(file: str, *, show: bool = True, options: str = "") -> Iterator[list[str]]:
    """Run ``execute`` inside this block, and what the compiler says of your kernel is printed.

    The course keeps the compiler quiet elsewhere, since its warnings speak of clesperanto's own
    kernels. Inside the block warnings are on, where the library hands them on (the prototype does,
    pyclesperanto hands on errors alone). A kernel that does not compile prints its errors and goes
    on after the block; nothing has run then.

    `file` is what :func:`save` returned, `options` are for the compiler, such as
    ``"-cl-opt-disable"``. The list that is given is filled with the messages at the end of the
    block, which are printed unless `show` is False.
    """
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(PYOPENCL_BUILD_OPTIONS=options, PYOPENCL_COMPILER_OUTPUT="1")
    # A program that was built before would be taken from a cache without a word; caches know a
    # program by its text.
    text = Path(file)
    if text.exists():
        salted = f"// {time.time_ns()}\n{text.read_text(encoding='utf-8')}"
        text.write_text(salted, encoding="utf-8")
    messages: list[str] = []
    log, failed = "", False
    try:
        with quiet_stderr(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield messages
            except Exception as error:  # the libraries and backends raise different kinds
                if not any(sign in str(error) for sign in _NOT_BUILT):
                    raise
                log, failed = str(error), True
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    log += "\n".join(str(warning.message) for warning in caught)
    messages += concerning(log, Path(file).stem)
    if failed and not messages:
        messages.append(log.strip())
    if show:
        print("\n".join(messages) if messages else "The compiler has nothing to say.")
    if show and failed:
        print("The kernel was not compiled, so nothing ran.")
