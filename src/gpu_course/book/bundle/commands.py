"""``gpu-course bundle``, ``accept`` and ``classroom``: the course where there is no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gpu_course.command_line import busy
from gpu_course.errors import CourseError


def bundle(
    out: Annotated[Path, typer.Argument(help="The new folder to write.")],
    python: Annotated[str, typer.Option(help="The node's Python, such as 3.12.")],
    have: Annotated[
        Path, typer.Option(help="What the node has: its `python3 -m pip list --format=freeze`.")
    ],
    platform: Annotated[str, typer.Option(help="The node's platform.")] = "linux-x86_64",
    chapters: Annotated[
        list[str] | None, typer.Option(help="A chapter to execute; all that can if none.")
    ] = None,
    extra: Annotated[
        list[str] | None, typer.Option(help="An extra of the course, such as cuda13.")
    ] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="A package besides, such as pyclesperanto-cuda.")
    ] = None,
    size: Annotated[
        Literal["small", "laptop", "large"], typer.Option(help="Problem size.")
    ] = "laptop",
    max_part: Annotated[str, typer.Option(help="Largest part, such as 60MiB.")] = "60MiB",
) -> None:
    """Pack what executes the book on a GPU node without a network."""
    from gpu_course.book.bundle import node, targets

    try:
        installed = have.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{have} cannot be read: {error}. Name the node's list.") from error
    target, packages = targets.Target(python, platform), targets.read_freeze(installed)
    most = targets.read_bytes(max_part)
    with busy(f"Packing {out.name}"):
        plan = node.make(
            out, target, packages, names=chapters or (), extras=extra or (), also=also or (),
            size=size, most=most,
        )  # fmt: skip
    for chapter in plan["chapters"]:
        print(f"{'runs ' if chapter['run'] else 'keeps'}  {chapter['name']}: {chapter['why']}")
    _written(out, plan)
    print(f"Copy {out} to the node and call `sh run.sh` there.")


def accept(
    results: Annotated[Path, typer.Argument(help="results.tar of a node.")],
    chapters: Annotated[
        list[str] | None, typer.Option(help="A chapter to take; all if none is named.")
    ] = None,
    despite_scores: Annotated[
        bool, typer.Option("--despite-scores", help="Also where a score differs too much.")
    ] = False,
) -> None:
    """Store what a GPU node computed, if it belongs to this checkout."""
    with busy(f"Reading {results.name}"):
        from gpu_course.book.bundle import comparison
        from gpu_course.book.bundle import results as archive

        taken = archive.accept(results, only=chapters or (), despite_scores=despite_scores)
    if taken.rows:
        print(comparison.as_text(taken.rows))
    print(f"Accepted {len(taken.chapters)} chapters computed on {taken.device}; see {taken.file}.")
    for name, reason in taken.stale.items():
        print(f"Now stale: {name}: {reason}.")


def classroom(
    out: Annotated[Path, typer.Argument(help="The new folder to write.")],
    python: Annotated[list[str], typer.Option(help="A Python of the class, such as 3.12.")],
    platform: Annotated[
        list[str], typer.Option(help="linux-x86_64, windows-amd64 or macos-arm64.")
    ],
    extra: Annotated[
        list[str] | None, typer.Option(help="An extra of the course, such as cpu-opencl.")
    ] = None,
) -> None:
    """Pack site, notebooks, images and wheels for a classroom without a network."""
    with busy(f"Packing {out.name}"):
        from gpu_course.book.bundle import classroom as archive

        plan = archive.make(out, python, platform, extras=extra or ())
    for reason in plan["lacking"].values():
        print(f"Not packed: {reason}")
    _written(out, plan)
    print(
        f"Give {out} to everybody; `sh run.sh` in it, or start.py on Windows, installs the course."
    )


def _written(out: Path, plan: dict[str, Any]) -> None:
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    parts = f", {len(plan['parts'])} parts" if "parts" in plan else ""
    images = len(plan["images"])
    print(f"{out}: {size / 2**20:.0f} MiB{parts}, {plan['wheels']} wheels, {images} images.")
