"""The checks of the exercises in ``deep-learning/gpu-memory``."""

import itertools

from gpu_course.exercises import Check, Function, Wrong


def _number(answer: object) -> int:
    try:
        return round(float(answer))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:  # round(infinity) overflows
        raise Wrong("Return one number.") from error


def _stack_score(function: Function) -> tuple[float, str]:
    from gpu_course.lessons.deep_learning.gpu_memory.solutions import stack_bytes

    questions = [([1, 16, 16, 1], 64, 1), ([1, 16, 16, 1], 64, 8), ([3, 8, 32], 128, 2)]
    for channels, patch, batch in questions:
        answer, right = (
            _number(function(list(channels), patch, batch)),
            stack_bytes(channels, patch, batch),
        )
        if answer == right:
            continue
        pairs = list(itertools.pairwise(channels))
        weights = sum(9 * a * b + b for a, b in pairs)
        kept = sum(a for a, _ in pairs) * patch**2 * batch
        results = sum(b for _, b in pairs) * patch**2 * batch
        hints = {
            4 * weights + kept: "You counted numbers. Each takes 4 bytes in float32.",
            4 * (weights + kept): "Gradients and the optimiser's two means are missing.",
            4 * (2 * weights + kept): "The optimiser keeps two means for each parameter.",
            4 * (3 * weights + kept): "Parameters, gradients and two means: four times.",
            4 * (4 * weights + results): "A layer keeps its input for the way back.",
            4 * (4 * weights + kept // batch): "Activations are kept for each patch of the batch.",
            4 * (4 * (weights - sum(b for _, b in pairs)) + kept): "The biases are missing.",
        }
        return 0.0, hints.get(answer, f"For channels {channels} it is {right:,} bytes.")
    return 1.0, ""


def _patch_score(function: Function) -> tuple[float, str]:
    from gpu_course.deep_learning import memory
    from gpu_course.deep_learning.unet import UNet

    # Of the deeper one the stride is another: a side that is counted up in fours is refused.
    shallow, deeper = UNet(1, 1, depth=2, width=4), UNet(1, 1, depth=3, width=4)
    mib = 2**20
    for model, batch, room in (
        (shallow, 2, 30 * mib),
        (shallow, 8, 30 * mib),
        (shallow, 1, 100),
        (deeper, 1, 8 * mib),
    ):
        answer = _number(function(model, batch, room))
        if answer % model.stride:
            raise Wrong(f"{answer} is no multiple of the network's stride of {model.stride}.")
        if room == 100 and answer:
            raise Wrong("Where not even the smallest patch fits, return 0.")
        if answer < 0:
            raise Wrong("A patch cannot be smaller than nothing.")

        def need(side: int, batch: int = batch, model: UNet = model) -> int:
            return memory.estimate(model, patch=side, batch=batch).total

        if answer and need(answer) > room:
            return 0.0, "Your patch does not fit into the memory."
        if answer and need(answer) > 0.7 * room:
            return 0.0, "It fits to the last byte. Leave 30 % free for what cannot be counted."
        if need(answer + model.stride) <= 0.7 * room:
            return 0.0, "A larger patch would fit as well."
    return 1.0, ""


CHECKS = {
    "stack-bytes": Check(
        metric="share of stacks counted right",
        score=_stack_score,
        goal=1.0,
        hint="Four times the parameters, and the inputs of all layers, in 4 bytes each.",
    ),
    "largest-patch": Check(
        metric="share of patches that fit best",
        score=_patch_score,
        goal=1.0,
        hint="Step upwards by the stride while it fits into 70 % of the memory.",
    ),
}
