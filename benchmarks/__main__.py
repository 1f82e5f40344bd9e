"""Run every benchmark, or those named.

    python -m benchmarks [--into FOLDER] [NAME …] [ITS OPTIONS]

``--into`` also stores what was measured as ``FOLDER/NAME.json``, with the record of the machine.
"""

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path

import benchmarks
from benchmarks import timing
from gpu_course import command_line, sizes, writable
from gpu_course.devices import drivers
from gpu_course.errors import CourseError

HELPERS = {"__main__", "floors", "timing"}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; what follows the first option is the benchmark's.

    Raises
    ------
    CourseError
        If there is no such benchmark, or it takes no options, or the folder cannot be written.
    """
    known = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__))
    known = [name for name in known if name not in HELPERS]
    folder = None
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__, "Benchmarks: ", ", ".join(known), sep="")
        return 0
    if arguments[:1] == ["--into"]:
        if len(arguments) < 2 or arguments[1].startswith("-"):
            raise CourseError("Name a folder after --into.")
        folder, arguments = Path(arguments[1]), arguments[2:]
    first = next((i for i, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names, options = arguments[:first], arguments[first:]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CourseError(f"There is no benchmark “{unknown[0]}”. Choose from: {', '.join(known)}.")
    if options and len(names) != 1:
        raise CourseError("Options belong to one benchmark: name it before them.")
    # What would stop the first table after minutes of measuring stops it now.
    sizes.current()
    if folder:
        writable.refuse(folder / f"{(names or known)[0]}.json")
    drivers.prepare()
    for name in names or known:
        run = importlib.import_module(f"benchmarks.{name}").main
        if options and not inspect.signature(run).parameters:
            raise CourseError(f"The benchmark “{name}” takes no options. Leave them out.")
        tables = run(options) if options else run()
        if folder:
            print(f"stored as {timing.store(name, tables, folder)}")
    return 0


if __name__ == "__main__":
    sys.exit(command_line.ends_well(lambda: main(sys.argv[1:])))
