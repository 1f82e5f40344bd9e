"""Run every benchmark, or those named: ``python -m benchmarks [NAME …]``."""

import importlib
import pkgutil
import sys

import benchmarks

HELPERS = {"__main__", "timing"}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all."""
    known = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__))
    known = [name for name in known if name not in HELPERS]
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(
            f"There is no benchmark “{unknown[0]}”. Choose from: {', '.join(known)}.",
            file=sys.stderr,
        )
        return 1
    for name in arguments or known:
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
