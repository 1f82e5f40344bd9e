"""Run every benchmark, or those named: ``python -m benchmarks [NAME …] [ITS OPTIONS]``."""

import importlib
import inspect
import pkgutil
import sys

import benchmarks
from gpu_course import command_line
from gpu_course.devices import drivers

HELPERS = {"__main__", "timing"}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; what follows the first option is the benchmark's."""
    known = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__))
    known = [name for name in known if name not in HELPERS]
    first = next((i for i, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names, options = arguments[:first], arguments[first:]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(
            f"There is no benchmark “{unknown[0]}”. Choose from: {', '.join(known)}.",
            file=sys.stderr,
        )
        return 1
    if options and len(names) != 1:
        print("Options belong to one benchmark: name it before them.", file=sys.stderr)
        return 1
    drivers.prepare()
    for name in names or known:
        run = importlib.import_module(f"benchmarks.{name}").main
        if options and not inspect.signature(run).parameters:
            print(f"The benchmark “{name}” takes no options. Leave them out.", file=sys.stderr)
            return 1
        if options:
            run(options)
        else:
            run()
    return 0


if __name__ == "__main__":
    sys.exit(command_line.ends_well(lambda: main(sys.argv[1:])))
