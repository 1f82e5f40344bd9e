"""The front door: ``gpu-course``, which is also ``python -m gpu_course``.

The command line takes a moment to import. This file takes none, so that Ctrl-C is heard from the
first instant on, and ends the program as it does later: in one sentence.
"""

import sys


def main() -> None:
    """Import the command line and run it; see :func:`gpu_course.command_line.ends_well`."""
    try:
        try:
            from gpu_course.cli import main as begin
        except ModuleNotFoundError as error:  # as in the environment that only builds the site
            _say(
                f"The package {error.name} is missing from {sys.prefix}. Call gpu-course in an "
                f"environment that the course was installed into with all it needs; in a clone, "
                f"`make install` makes .venv."
            )
            sys.exit(1)
        begin()
    except KeyboardInterrupt:
        _say("Stopped.")
        sys.exit(130)


def _say(sentence: str) -> None:
    sys.stderr.write(f"gpu-course: {sentence}\n")


if __name__ == "__main__":
    main()
