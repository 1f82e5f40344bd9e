"""From a folder of labelled images to one file: check, split, train, choose, and score once."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings as python_warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gpu_course import writable
from gpu_course.deep_learning.scenes import digest
from gpu_course.errors import CourseError
from gpu_course.own_images import choosing, folder, learning, looks, plan, splitting
from gpu_course.own_images.folder import Labelled, file_of
from gpu_course.own_images.model import Method, OwnModel, save
from gpu_course.own_images.splitting import Split

Say = Callable[[str], object]

SUFFIX = ".safetensors"

NOTHING = 0.1
"""A score below it says that nothing was learned."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes
    ----------
    file : Path
        The model's file.
    model : OwnModel
    chosen_by : str
        Name of the score.
    validation : dict
        Method → mean score of the validation images, by which was chosen.
    test : dict
        File → score of the chosen method on each test image; empty if there is none.
    histories : dict
        Method → rows of its training, one an epoch.
    """

    file: Path
    model: OwnModel
    chosen_by: str
    validation: dict[str, float]
    test: dict[str, float]
    histories: dict[str, list[dict[str, float]]]


def train(
    source: Path | str,
    file: Path | str | None = None,
    *,
    method: str = "auto",
    channel: int | None = None,
    epochs: int | None = None,
    batches: int | None = None,
    width: int | None = None,
    seed: int = 0,
    overwrite: bool = False,
    say: Say = print,
) -> Trained:
    """Train on a folder of labelled images, and write the model that serves them best.

    Beside the model lies, while it is trained, a folder with checkpoints: started again after an
    interruption, the same call goes on where it was.

    Parameters
    ----------
    source : Path or str
        With ``images/`` and ``labels/`` or ``masks/``.
    file : Path or str, optional
        The model's file to write. None: named as the folder, in the working folder.
    method : str
        ``"auto"``, or of threshold, unet and stardist with commas between: those are tried, and
        the simplest that no other beats on the validation images is kept.
    channel : int, optional
        Learn from this channel alone, counted from 0.
    epochs, batches, width : int, optional
        Other than the usual ones of `plan.Plan`.
    seed : int
        Of the split, the first weights and the patches.
    overwrite : bool
        Replace a model that is there.
    say : function
        Is told in sentences what is found and how far the work is.

    Returns
    -------
    Trained

    Raises
    ------
    CourseError
        If the folder has a fault, the model is there already or cannot be written, or nothing
        could be learned.
    """
    seed = plan.whole("seed", seed, 0)
    target = Path(f"{Path(source).resolve().name}{SUFFIX}" if file is None else file)
    _check(target, overwrite)
    labelled = folder.read(source, channel=channel)
    split = splitting.deal(labelled.scenes, seed=seed)
    learned = looks.learned_from(split.train)
    channel = None if channel is None else int(channel)
    how = plan.make(
        labelled.kind, learned.diameter, method=method,
        epochs=epochs, batches=batches, width=width, seed=seed,
    )  # fmt: skip
    for sentence in found_in(labelled, split, learned):
        say(sentence)
    checkpoints = target.with_name(f"{target.stem}.training")
    models: dict[str, OwnModel] = {}
    histories: dict[str, list[dict[str, float]]] = {}
    validation: dict[str, float] = {}
    heard: set[str] = set()
    for name in how.methods:
        try:
            with _told(say, heard):
                model = learning.learn(
                    name, labelled, split, how, learned, channel=channel, checkpoints=checkpoints,
                    callbacks=(_reporter(name, say),),
                )  # fmt: skip
                tuned = choosing.tuned(model, split.validation, how.patch)
                scores = choosing.scores(tuned, split.validation)
        except CourseError as error:
            if "another run" in str(error):
                raise CourseError(
                    f"The folder {checkpoints.name} holds another training: images, labels or "
                    "settings differ. Delete it to begin anew, or name another model."
                ) from error
            # A checkpoint that is damaged, or cannot be written, says nothing about the method.
            if len(how.methods) == 1 or ".checkpoint" in str(error):
                raise
            say(f"{name} drops out: {error}")
            continue
        models[name] = tuned
        histories[name] = tuned.record.get("history", [])
        validation[name] = float(np.mean(scores))
        say(f"{name}: {choosing.NAMES[labelled.kind]} {validation[name]:.2f} on validation images.")
    if not models:
        raise CourseError("None of the methods could learn from these images. Label more objects.")
    best = choosing.choose(validation)
    chosen = models[best]
    with _told(say, heard):
        scores = choosing.scores(chosen, split.test)
    test = dict(zip(map(file_of, split.test), scores, strict=True))
    chosen.record |= _record(labelled, split, how, validation, test)
    save(target, chosen)
    _clear(checkpoints, how.methods)
    word = f"validation {validation[best]:.2f}"
    word += f", test {np.mean(list(test.values())):.2f}" if test else ""
    say(f"Kept {best} ({choosing.NAMES[labelled.kind]}: {word}): {target}")
    if validation[best] < NOTHING:
        say(
            "That is next to nothing: look whether images and labels belong together, and whether "
            "the objects can be told from what is around them."
        )
    return Trained(target, chosen, choosing.NAMES[labelled.kind], validation, test, histories)


def found_in(labelled: Labelled, split: Split, learned: looks.Learned) -> list[str]:
    """Return what was found in a folder, a sentence each."""
    types = " and ".join(sorted({str(scene.image.dtype) for scene in labelled.scenes}))
    parts = (
        (split.train, "to learn from"),
        (split.validation, "to choose by"),
        (split.test, "for the test"),
    )
    dealt = ", ".join(f"{len(part)} {what}" for part, what in parts if part)
    sides = [n for scene in labelled.scenes for n in scene.image.shape[:2]]
    said = [
        f"{labelled.name}: {len(labelled.scenes)} images of {min(sides)} to {max(sides)} pixels a "
        f"side, {labelled.channels} channel(s), {types}, with {labelled.kind}: {dealt}.",
        f"Objects are {'darker' if learned.darker else 'brighter'} than what is around them and "
        f"about {learned.diameter:.0f} pixels wide.",
    ]
    return [*said, *labelled.notes, *split.notes]


def _check(target: Path, overwrite: bool) -> None:
    """Refuse a file that cannot be written, before the work."""
    if target.suffix != SUFFIX:
        raise CourseError(
            f"Models lie in files that end in {SUFFIX}. Name it {target.stem}{SUFFIX}."
        )
    if target.is_dir() or (target.exists() and not overwrite):
        raise CourseError(
            f"{target} is there already. Name another file, or add --overwrite to replace it."
        )
    writable.refuse(target)


@contextlib.contextmanager
def _told(say: Say, heard: set[str]) -> Iterator[None]:
    """Say each doubt about the images once, as a sentence among the others."""
    doubts: list[python_warnings.WarningMessage] = []
    try:
        with python_warnings.catch_warnings(record=True) as doubts:
            python_warnings.simplefilter("always", UserWarning)
            yield
    finally:  # where the work fails, they may tell why
        for one in doubts:
            if one.category is not UserWarning:
                python_warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
            elif (sentence := str(one.message)) not in heard:
                heard.add(sentence)
                say(sentence)


def _reporter(name: str, say: Say) -> Callable[[Any], None]:
    def report(epoch: Any) -> None:
        row = epoch.row()
        left = epoch.seconds * (epoch.of - epoch.number)
        judged = [
            f"{key} {value:.3f}" for key, value in row.items() if key.startswith("validation")
        ]
        wait = f"about {max(1, round(left / 60))} min left" if left else "done"
        say(f"{name}, epoch {epoch.number} of {epoch.of}: {', '.join(judged)}; {wait}.")

    return report


def _record(
    labelled: Labelled,
    split: Split,
    how: plan.Plan,
    validation: dict[str, float],
    test: dict[str, float],
) -> dict[str, Any]:
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    return {
        "folder": labelled.name,
        "files": {name: [file_of(scene) for scene in part] for name, part in parts.items()},
        "digests": [digest(scene.image) for scene in (*split.train, *split.validation)],
        "plan": dataclasses.asdict(how),
        "score": choosing.NAMES[labelled.kind],
        "validation_scores": validation,
        "test_scores": test,
    }


def _clear(checkpoints: Path, methods: tuple[Method, ...]) -> None:
    """Remove the checkpoints, and nothing that somebody else put beside them."""
    for name in methods:
        (checkpoints / f"{name}.checkpoint").unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        checkpoints.rmdir()
