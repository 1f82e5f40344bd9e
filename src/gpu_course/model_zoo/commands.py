"""``gpu-course export``: a U-Net for programs that do not know this course."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpu_course.command_line import busy


def export(
    model: Annotated[
        str, typer.Argument(help="A U-Net's file, or one of the course by its name: roots-unet.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="The package to write.")],
    image: Annotated[
        Path | None,
        typer.Option(help="A picture to show and to test with, which may be passed on."),
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option(help="Who made a model of your own; may be repeated.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="Of a model of your own, such as CC-BY-4.0.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a package that is there.")
    ] = False,
) -> None:
    """Write a U-Net as a package of the BioImage Model Zoo, for other programs."""
    with busy(f"Packing {Path(model).name}"):
        from gpu_course import model_zoo

        path = model_zoo.export(
            model, out, image=image, authors=author or (), licence=licence, overwrite=overwrite
        )
    print(path)
