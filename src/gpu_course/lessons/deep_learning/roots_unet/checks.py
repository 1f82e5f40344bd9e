"""The checks of the exercises in ``deep-learning/roots-unet``."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gpu_course.exercises import Check, Function, Wrong


def _loss_cases() -> list[tuple[str, Any, Any]]:
    """Return (what it is, logits, truth): sure and unsure, one patch without roots, and all."""
    import torch

    random = torch.Generator().manual_seed(0)
    truth = (torch.rand((4, 1, 24, 24), generator=random) < 0.1).to(torch.uint8)
    truth[2] = 0
    noise = torch.randn(truth.shape, generator=random)
    return [
        ("a network that is sure and right", 30 * truth.float() - 15, truth),
        ("a network that is unsure", noise + 2 * truth - 2, truth),
        ("a network that is sure and wrong", 15 - 30 * truth.float(), truth),
        # Sure of soil, and right: only the added 1 keeps this from about 0 / 0. It is not so sure
        # that exp() of a sigmoid written by hand would leave the numbers of float32.
        ("a batch without any root", torch.full_like(noise, -60.0), torch.zeros_like(truth)),
    ]


def _loss_score(function: Function) -> tuple[float, str]:
    """Return the part of the cases on which value and gradient are right, and the first hint."""
    hints = [_loss_complaint(function, *case) for case in _loss_cases()]
    return hints.count("") / len(hints), next(filter(None, hints), "")


def _loss_complaint(function: Function, what: str, logits: Any, truth: Any) -> str:
    import torch

    def soft(p: Any, t: Any, one: float = 1.0) -> Any:
        return 1 - (2 * (p * t).sum((-1, -2, -3, -4)) + one) / (
            p.sum((-1, -2, -3, -4)) + t.sum((-1, -2, -3, -4)) + one
        )

    given = logits.clone().requires_grad_()
    found = function(given, truth)
    if not isinstance(found, torch.Tensor) or found.numel() != 1:
        shape = tuple(found.shape) if hasattr(found, "shape") else type(found).__name__
        raise Wrong(f"Return a tensor of one number for the whole batch, not {shape}.")
    if not found.requires_grad:
        raise Wrong(
            "The result has no gradient, so nothing could learn from it. A threshold (>), a "
            "rounding, .item() or .detach() cuts it off: stay with probabilities and tensors."
        )
    value = float(found.detach())
    if not np.isfinite(value):
        return f"On {what} the loss is {value}. Add 1 above and below the line."
    like = logits.clone().requires_grad_()
    loss = soft(like.sigmoid(), truth)
    right = float(loss.detach())
    if abs(value - right) < 1e-3:
        slope, wanted = (torch.autograd.grad(*each)[0] for each in ((found, given), (loss, like)))
        if not torch.isfinite(slope).all():
            return f"On {what} the gradient is no number."
        if (slope - wanted).norm() > 0.01 * wanted.norm() + 1e-5:
            return (
                f"On {what} the loss is right and its gradient is not. Probabilities stand above "
                "and below the line, and both places need their slope: nothing may be detached."
            )
        return ""
    # The usual slips, each with the value it leads to.
    p, t = logits.sigmoid(), truth.float()
    each = torch.stack([soft(p[i : i + 1], t[i : i + 1]) for i in range(len(p))])
    slips: list[tuple[Callable[[], Any], str]] = [
        (lambda: 1 - soft(p, t), "That is the Dice, which grows as things get better. A loss is "
                                 "1 minus it."),
        (lambda: soft(logits, t), "These are logits. logits.sigmoid() makes probabilities."),
        (each.mean, "You take the mean of the patches' own losses. Sum over all patches first: a "
                    "patch without roots has no Dice of its own."),
        (lambda: soft(p, t, 0.0), "Add 1 above and below the line, as the formula has it."),
    ]  # fmt: skip
    for wrong, hint in slips:
        if hint and abs(value - float(wrong())) < 1e-3:
            return f"On {what}: {hint}"
    return f"On {what} the loss is {value:.3f} and should be {right:.3f}."


def _blend_score(function: Function) -> tuple[float, str]:
    """Return the part of the tests that the joined tiles pass, and the first hint."""
    # Of more than one size, as a number that is written in fits but one.
    found = [_blended(function, wide, overlap) for wide, overlap in ((30, 10), (21, 7), (9, 1))]
    hints = [hint for tests in found for hint, passed in tests.items() if not passed]
    return 1 - len(hints) / sum(map(len, found)), next(iter(hints), "")


def _blended(function: Function, wide: int, overlap: int) -> dict[str, bool]:
    """Return which tests two tiles pass, each `wide` columns, by what to say if not."""
    scene = np.random.default_rng(0).random((8, 2 * wide - overlap))
    left, right = scene[:, :wide].copy(), scene[:, wide - overlap :].copy()
    joined = _joined(function, left, right, overlap)
    zero, one = np.zeros((8, wide)), np.ones((8, wide))
    step = _joined(function, zero, one, overlap)
    rise = np.diff(step.mean(axis=0)[wide - overlap - 1 : wide + 1])
    middle = step[:, wide - overlap : wide].mean()
    return {
        "Outside the overlap something changed. Take those columns from their own tile.": (
            bool(np.allclose(step[:, : wide - overlap], 0) and np.allclose(step[:, wide:], 1))
        ),
        "Where both tiles agree, the result should be the same. The two shares must sum to 1.": (
            bool(np.allclose(joined, scene))
        ),
        "A tile of zeros beside one of ones should rise all the way, but stays or falls. Let the "
        "share of the right tile grow from column to column.": bool((rise > 0).all()),
        "There is a jump: let the share rise in equal steps.": bool(rise.max() < 3 / overlap),
        "In the middle of the overlap both tiles should count the same.": bool(
            abs(middle - 0.5) < 0.02
        ),
    }


def _joined(function: Function, left: Any, right: Any, overlap: int) -> Any:
    before = left.copy(), right.copy()
    found = np.asarray(function(left, right, overlap), np.float64)
    wanted = (left.shape[0], left.shape[1] + right.shape[1] - overlap)
    if not all(np.array_equal(a, b) for a, b in zip(before, (left, right), strict=True)):
        raise Wrong("Your function changed a tile it was given. Make a new array.")
    if found.shape == (wanted[0], wanted[1] + overlap):
        raise Wrong("The shared columns are there twice. They show one and the same place.")
    if found.shape != wanted:
        raise Wrong(f"The result has the shape {found.shape} and should have {wanted}.")
    return found


CHECKS = {
    "dice-loss": Check(
        metric="part of the cases on which it is right",
        score=_loss_score,
        solution="gpu_course.lessons.deep_learning.roots_unet.solutions:soft_dice_loss",
        goal=1.0,
        hint="Make probabilities, then three sums over everything.",
    ),
    "blend": Check(
        metric="part of the tests passed",
        score=_blend_score,
        goal=1.0,
        hint="Multiply each tile by its share, and add them where they overlap.",
    ),
}
