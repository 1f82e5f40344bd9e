"""Execute the chapters whose stored output is stale, each in a fresh kernel, and store the result.

    python ci/execute.py                            what is stale
    python ci/execute.py classical/segmentation     this chapter, if stale
    python ci/execute.py --all --size large         everything, at a size
    python ci/execute.py deep-learning/roots-unet --all     this chapter, stale or not

A chapter that raises leaves its stored output as it was. The other chapters still run, and the
exit status is 1. A tree that differs from its commit is refused, for a record must name a commit
that anybody can check out; ``--allow-changes`` is for trying. So is a chapter whose images or
libraries are not at hand, for its page would lack figures; ``--allow-gaps`` runs it all the same
and leaves it stale. What a killed run has stored is whole and stays; the next run goes on behind
it.
"""

import argparse
import os
import sys

from gpu_course import command_line, paths, sizes
from gpu_course.book import chapters, commit, execution, gaps, lock, records
from gpu_course.book.chapters import Chapter
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
    parser.add_argument(
        "--allow-gaps", action="store_true", help="execute what lacks images or libraries"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=1800, help="seconds allowed for one cell"
    )
    options = parser.parse_args(arguments)
    if options.size:
        os.environ["GPU_COURSE_SIZE"] = options.size
    if options.device:
        os.environ["GPU_COURSE_DEVICE"] = options.device
    sizes.current()  # a size that does not exist is told before the first chapter, not in each
    chosen = [chapters.read(name) for name in options.chapters or chapters.names()]
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
    with lock.alone(paths.root() / "_build" / "execute.lock", "execution of this course"):
        return _run(chosen, options)


def _seconds(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, at least 1")
    return int(text)


def _run(chosen: list[Chapter], options: argparse.Namespace) -> int:
    """Execute and store what is stale among `chosen`; return the exit status."""
    trainers = [chapter for chapter in chosen if chapter.trains]
    failed = done = 0
    # Weights are data that other chapters read, so those that train them come first.
    for group in (trainers, [chapter for chapter in chosen if chapter not in trainers]):
        wanted = [c for c in group if options.all or records.problems(c)]
        for number, chapter in enumerate(wanted, 1):
            print(f"[{number}/{len(wanted)}] {chapter.name}", flush=True)
            try:
                lacks = gaps.before(chapter)
                if not options.allow_gaps:
                    gaps.refuse(chapter, lacks)
                name = commit.name(paths.root())
                found = execution.execute(chapter, commit=name, timeout=options.timeout)
                record = found[0].metadata[records.KEY]
                unread = gaps.unread(chapter, record["inputs"])
                if not options.allow_gaps:
                    gaps.refuse(chapter, [f"It never read the image set {n}." for n in unread])
                if lacks or unread:
                    record["lacks"] = gaps.names(chapter, unread)
                execution.store(chapter, *found)
            except CourseError as error:
                failed += 1
                print(f"  {error}", file=sys.stderr, flush=True)
        done += len(wanted)
    for name, words in records.notes(chosen).items():
        print(f"note: {name}: {words}. With --all it is executed all the same.")
    if not done:
        print("Every stored output belongs to the tree; nothing to execute.")
        return 0
    if commit.name(paths.root()) == commit.UNKNOWN:
        print(
            "Git knows no commit of this folder, so these outputs name none. Execute in a clone "
            "what is to be published."
        )
    if failed:
        print(f"{failed} of {done} failed; their outputs are unchanged.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(command_line.ends_well(main))
