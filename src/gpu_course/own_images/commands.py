"""``gpu-course train`` and ``gpu-course predict``: one's own images on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from gpu_course.command_line import StoppedError, busy
from gpu_course.errors import CourseError


def train(
    folder: Annotated[
        Path, typer.Argument(help="With images/ and labels/ (objects by number) or masks/.")
    ],
    model: Annotated[
        Path | None, typer.Option(help="The file to write (default: FOLDER.safetensors here).")
    ] = None,
    method: Annotated[
        str, typer.Option(help="auto, or of threshold, unet, stardist: one or some, with commas.")
    ] = "auto",
    channel: Annotated[
        int | None, typer.Option(help="Learn from this channel alone, counted from 0.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs at most.")] = None,
    batches: Annotated[int | None, typer.Option(help="Batches an epoch.")] = None,
    width: Annotated[
        int | None, typer.Option(help="Channels of the network's first level.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the split, the first weights, the patches.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a model that is there.")
    ] = False,
) -> None:
    """Learn from a folder of labelled images, and keep the simplest method that does well.

    Stopped on the way, it goes on when it is started again.
    """
    try:
        with busy(f"Reading {folder.name}") as ready:
            from gpu_course import own_images

            own_images.train(
                folder, model, method=method, channel=channel, epochs=epochs, batches=batches,
                width=width, seed=seed, overwrite=overwrite, say=_say(ready),
            )  # fmt: skip
    except KeyboardInterrupt:
        raise _stopped() from None


def predict(
    model: Annotated[
        str, typer.Argument(help="A model's file, or a network of the course by its name.")
    ],
    folder: Annotated[Path, typer.Argument(help="Of images, or with images/ inside.")],
    out: Annotated[Path, typer.Argument(help="A new folder for the results.")],
    diameter: Annotated[
        str | None,
        typer.Option(help="Of the objects, in pixels; or: measure. Default: as in the training."),
    ] = None,
    channel: Annotated[
        int | None, typer.Option(help="Of the images, counted from 0. Default: as in the training.")
    ] = None,
    outlines: Annotated[
        bool | None, typer.Option("--outlines/--no-outlines", help="Outlines as ROIs for Fiji.")
    ] = None,
) -> None:
    """Find the objects in all images of a folder: labels, tables, outlines and a report.

    Stopped on the way, it goes on when it is started again.
    """
    try:
        with busy(f"Reading the model {Path(model).name}") as ready:
            from gpu_course import own_images

            applied = own_images.predict(
                model, folder, out, diameter=diameter, channel=channel, with_outlines=outlines,
                say=_say(ready),
            )  # fmt: skip
    except KeyboardInterrupt:
        raise _stopped() from None
    print(f"Open {applied.out / 'report.html'} and look at the worst cases.")
    if applied.problems:
        raise CourseError(
            f"{len(applied.problems)} of {len(applied.rows)} images have no result: "
            f"{applied.problems[0]}"
        )


def _say(ready: Callable[[], object]) -> Callable[[str], None]:
    def say(sentence: str) -> None:
        ready()
        # At once, also into a file: a training that is silent for an hour looks dead.
        print(sentence, flush=True)

    return say


def _stopped() -> StoppedError:
    return StoppedError("Stopped. Start the same command again, and it goes on from there.")
