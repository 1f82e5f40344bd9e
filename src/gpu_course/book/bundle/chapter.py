"""Execute one chapter on a GPU node: ``python -m gpu_course.book.bundle.chapter NAME INTO COMMIT``.

A process of its own for each chapter: what one leaves on the device is gone before the next.
"""

import signal
import sys
from pathlib import Path

import nbformat

from gpu_course.book import chapters, execution
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic


def main(arguments: list[str]) -> int:
    """Execute a chapter and write its notebook and weights below a folder of results."""
    name, into, commit = arguments
    # Ended by its time budget, it still ends its kernel.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    try:
        chapter = chapters.read(name)
        notebook, trained = execution.execute(chapter, commit=commit)
        # The chapters after it read these weights, as they would on the author's machine.
        execution.store_weights(trained)
        for file, content in trained.items():
            write_atomic(Path(into, "weights", name, file), content)
        write_atomic(Path(into, "outputs", f"{name}.ipynb"), nbformat.writes(notebook) + "\n")
    except CourseError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
