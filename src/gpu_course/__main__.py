"""The front door: ``gpu-course``, which is also ``python -m gpu_course``.

The command line takes a moment to import. This file takes none, so that Ctrl-C is heard from the
first instant on, and ends the program as it does later: in one sentence.
"""

import sys


def main() -> None:
    """Import the command line and run it; see :func:`gpu_course.command_line.ends_well`."""
    try:
        from gpu_course.cli import main as begin

        begin()
    except KeyboardInterrupt:
        sys.stderr.write("gpu-course: Stopped.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
