"""Execute the chapters whose stored output is stale, each in a fresh kernel, and store the result.

    python ci/execute.py                            what is stale
    python ci/execute.py classical/segmentation     this chapter, if stale
    python ci/execute.py --all --size large         everything, at a size

A chapter that raises leaves its stored output as it was. The other chapters still run, and the
exit status is 1. A tree that differs from its commit is refused, for a record must name a commit
that anybody can check out; ``--allow-changes`` is for trying.
"""

import argparse
import os
import sys

from gpu_course import paths, sizes
from gpu_course.book import chapters, commit, execution, records
from gpu_course.errors import CourseError


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("chapters", nargs="*", help="chapters such as classical/segmentation")
    parser.add_argument("--all", action="store_true", help="run fresh chapters too")
    parser.add_argument("--size", choices=sizes.SIZES, help="problem size (else from the memory)")
    parser.add_argument("--device", help="auto, gpu, cpu or a part of an OpenCL device's name")
    parser.add_argument(
        "--allow-changes", action="store_true", help="execute a tree that is in no commit"
    )
    parser.add_argument("--timeout", type=int, default=1800, help="seconds allowed for one cell")
    options = parser.parse_args(arguments)
    if options.size:
        os.environ["GPU_COURSE_SIZE"] = options.size
    if options.device:
        os.environ["GPU_COURSE_DEVICE"] = options.device
    try:
        chosen = [chapters.read(name) for name in options.chapters or chapters.names()]
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    chosen = [chapter for chapter in chosen if chapter.code_cells]
    changed = [] if options.allow_changes else commit.changes(paths.root())
    if changed and any(options.all or records.problems(chapter) for chapter in chosen):
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        print(
            f"{changed[0]}{more} differ{'' if more else 's'} from the last commit, so nobody could "
            f"repeat this run. Commit first, or add --allow-changes for outputs not to be kept.",
            file=sys.stderr,
        )
        return 1
    trainers = [chapter for chapter in chosen if execution.trains(chapter)]
    failed = done = 0
    # Weights are data that other chapters read, so those that train them come first.
    for group in (trainers, [chapter for chapter in chosen if chapter not in trainers]):
        wanted = [c for c in group if options.all or records.problems(c)]
        for number, chapter in enumerate(wanted, 1):
            print(f"[{number}/{len(wanted)}] {chapter.name}", flush=True)
            try:
                name = commit.name(paths.root())
                execution.store(
                    chapter, *execution.execute(chapter, commit=name, timeout=options.timeout)
                )
            except CourseError as error:
                failed += 1
                print(f"  {error}", file=sys.stderr, flush=True)
        done += len(wanted)
    if not done:
        print("Every stored output belongs to the tree; nothing to execute.")
        return 0
    if failed:
        print(f"{failed} of {done} failed; their outputs are unchanged.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
