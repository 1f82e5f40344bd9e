"""The command line: ``gpu-course doctor | notebooks | images | run | train | export | …``.

Each command is a thin layer over functions of the package. What a person can mend becomes one
sentence on the error stream (see :mod:`gpu_course.command_line`).
"""

import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from gpu_course import command_line
from gpu_course.book.bundle import commands as bundles
from gpu_course.errors import CourseError
from gpu_course.model_zoo import commands as model_zoo
from gpu_course.own_images import commands as own_images

app = typer.Typer(
    help="GPU image analysis and deep learning: the course on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(own_images.train)
app.command()(own_images.predict)
app.command()(model_zoo.export)


def main() -> None:
    """Run the command line; a mendable fault is one sentence and exit status 1."""
    sys.exit(command_line.ends_well(app, "gpu-course"))


def _version(asked: bool) -> None:
    if asked:
        print(importlib.metadata.version("gpu-course"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None: ...


@app.command()
def doctor(
    report: Annotated[
        bool, typer.Option("--report", help="Print a plain text block to paste on the forum.")
    ] = False,
) -> None:
    """Check hardware and installation: what runs where, and how to mend what does not."""
    from rich.console import Console

    from gpu_course import doctor as examination

    checks = examination.examine_with_progress()
    if report:
        print(examination.report(checks))
    else:
        Console().print(examination.render(checks))
    raise typer.Exit(int(examination.failed(checks)))


@app.command("notebooks")
def notebooks_(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")],
    kind: Annotated[
        Literal["student", "solved", "colab"], typer.Option(help="Which of the three notebooks.")
    ] = "student",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace notebooks that are already there.")
    ] = False,
) -> None:
    """Write the notebook of every chapter into a folder."""
    with command_line.busy("Writing notebooks"):
        written = _written_notebooks(folder, kind, overwrite)
    # Not before all are written: a reader of the list who goes (`| head`) ends the command.
    for path in written:
        print(path)


def _written_notebooks(
    folder: Path, kind: Literal["student", "solved", "colab"], overwrite: bool
) -> list[Path]:
    import nbformat

    from gpu_course.book import chapters, install_address, links, notebooks
    from gpu_course.files import write_atomic

    book = [chapter for chapter in chapters.read_all() if chapter.code_cells]
    targets = {chapter.name: folder / f"{chapter.name}.ipynb" for chapter in book}
    # A student's solved exercises must never be lost to a second run of the command.
    if there := [path for path in targets.values() if path.exists() and not overwrite]:
        raise CourseError(
            f"{there[0]} is already there and may hold your work. Choose another folder, or add "
            f"--overwrite to replace {'it' if len(there) == 1 else f'all {len(there)}'}."
        )
    addresses = links.chapter_links(book)
    source = install_address.installed()
    made = {
        chapter.name: notebooks.build(
            chapter,
            kind,
            addresses,
            executed=notebooks.read_executed(chapter) if kind == "solved" else None,
            install=source,
        )
        for chapter in book
    }
    for name, notebook in made.items():
        write_atomic(targets[name], nbformat.writes(notebook) + "\n")
    return list(targets.values())


@app.command()
def images(
    action: Annotated[
        Literal["list", "fetch", "verify"], typer.Argument(help="What to do.")
    ] = "list",
    names: Annotated[
        list[str] | None, typer.Argument(help="Image sets or single files; all if none is named.")
    ] = None,
) -> None:
    """List the image sets, fetch their files ahead of the course, or verify those files."""
    from rich.console import Console

    with command_line.busy("Looking at the image sets") as ready:
        from gpu_course.images import inventory

        faults: list[str] = []
        if action == "list":
            table = inventory.table_of_sets(names or [])
        else:
            files = inventory.files_of(names or [])
            if action == "fetch":
                ready()  # and a bar begins
            faults = inventory.fetch(files) if action == "fetch" else inventory.faults(files)
            table = inventory.table_of_files(files)
    Console().print(table)
    if faults:
        raise CourseError("\n".join(faults))


@app.command()
def run(
    chapter: Annotated[str, typer.Argument(help="A chapter, such as classical/segmentation.")],
    size: Annotated[
        Literal["small", "laptop", "large"] | None,
        typer.Option(help="Problem size; chosen from the memory found if not given."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The notebook to write (default: CHAPTER.ipynb here).")
    ] = None,
    timeout: Annotated[
        int | None, typer.Option(min=1, help="Seconds allowed for one cell; no limit if not given.")
    ] = None,
) -> None:
    """Run a chapter on this machine and keep the executed notebook."""
    with command_line.busy(f"Preparing {chapter}"):
        from gpu_course.book import run
    print(run.run_chapter(chapter, size=size, output=output, timeout=timeout))


@app.command()
def process(
    source: Annotated[Path, typer.Argument(metavar="IN.zarr", help="An OME-Zarr image.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.zarr", help="Must not exist yet.")],
    steps: Annotated[
        str, typer.Option(help="Separated by commas, of deconvolve, segment and measure.")
    ] = "deconvolve,segment,measure",
    psf: Annotated[
        Path | None, typer.Option(help="The PSF, for the voxels of the image: a TIFF file.")
    ] = None,
    iterations: Annotated[int, typer.Option(help="Of the deconvolution.")] = 10,
    background: Annotated[float, typer.Option(help="Grey value of a voxel without light.")] = 0.0,
    nucleus: Annotated[
        float | None, typer.Option(help="Diameter of a nucleus, in µm: the next follow.")
    ] = None,
    smooth: Annotated[
        float | None, typer.Option(help="Width of the smoothing, in µm [0.6].")
    ] = None,
    distance: Annotated[
        float | None, typer.Option(help="Between the peaks of objects, in µm [1.5].")
    ] = None,
    threshold: Annotated[float, typer.Option(help="As a multiple of Otsu's.")] = 1.0,
    largest: Annotated[
        float | None, typer.Option(help="Longest object there is, in µm [10].")
    ] = None,
    channel: Annotated[int | None, typer.Option(help="Which, where there are several.")] = None,
    time: Annotated[int | None, typer.Option(help="Which, where there are several.")] = None,
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, whose workers are taken.")
    ] = None,
    memory: Annotated[float, typer.Option(help="GiB that a worker may take for a block.")] = 2.0,
    ome_zarr: Annotated[
        Literal["0.5", "0.4"], typer.Option(help="Version of OME-Zarr to write.")
    ] = "0.5",
) -> None:
    """Deconvolve, segment and measure a volume larger than memory, block by block.

    Stopped on the way, it goes on when it is started again.
    """
    from contextlib import ExitStack

    with command_line.busy(f"Looking at {source.name}"):
        from gpu_course import scaling
        from gpu_course.scaling.progress import bars
        from gpu_course.scaling.psf_file import read_psf

        given_psf = None
        if psf is not None:
            image = scaling.open_image(source, channel=channel, time=time)
            given_psf = read_psf(psf, image.voxel_size)
    lengths = {"smooth": smooth, "distance": distance, "largest": largest}
    given = {name: value for name, value in lengths.items() if value is not None}
    settings = (
        scaling.NucleiSettings(threshold=threshold, **given)
        if nucleus is None
        else scaling.NucleiSettings.for_nuclei(nucleus, threshold=threshold, **given)
    )
    with ExitStack() as stack:
        with command_line.busy("Starting workers"), command_line.undisturbed():
            client = stack.enter_context(scaling.workers(workers, scheduler=scheduler))
        progress = stack.enter_context(bars())
        summary = scaling.process(
            source,
            target,
            steps=[step.strip() for step in steps.split(",")],
            psf=given_psf,
            iterations=iterations,
            background=background,
            settings=settings,
            channel=channel,
            time_point=time,
            memory=memory * 2**30,
            version=ome_zarr,
            client=client,
            progress=progress,
        )
    print(summary)


@app.command()
def scores(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what each method reached on the test images of each set."""
    import json
    from dataclasses import asdict

    with command_line.busy("Reading scores"):
        from gpu_course import scores as records

        found = [score for score in records.read() if score.split == "test"]
    if as_json:
        print(json.dumps([asdict(score) for score in found], indent=1))
    elif found:
        print(records.table(found, caption="Scores of the course"))
    else:
        print("No chapter has reported a score yet.")


app.command()(bundles.bundle)
app.command()(bundles.accept)
app.command()(bundles.classroom)
