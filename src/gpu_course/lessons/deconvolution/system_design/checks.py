"""The check of the exercise in deconvolution/system-design."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

if TYPE_CHECKING:
    import pandas as pd

#: Settings of experiments that were never made. More than four, so that no pair is mixed up with
#: another pair.
SETTINGS = (
    ("iterations", "size", "aperture", "TV", "overlap"),
    ("dose", "pinhole", "gain", "dwell", "zoom", "depth"),
)


def worlds() -> list[tuple[pd.DataFrame, pd.Series, pd.DataFrame, dict[str, NDArray]]]:
    """Return plan, errors, the runs left out, and for these the truth and what mistakes lead to."""
    import pandas as pd

    from gpu_course.lessons.deconvolution.system_design.experiment import half_fraction

    made = []
    for seed, names in enumerate(SETTINGS):
        plan = half_fraction(names)
        others = plan.assign(**{names[-1]: -plan[names[-1]]})
        others = others.sample(frac=1, random_state=seed)  # no longer row by row as the plan
        dice = np.random.default_rng(seed)
        alone: dict[tuple[str, ...], float] = {(name,): dice.normal(0, 0.1) for name in names}
        pairs: dict[tuple[str, ...], float] = {
            pair: dice.normal(0, 0.05) for pair in combinations(names, 2)
        }

        def response(table: pd.DataFrame, steps: dict[tuple[str, ...], float]) -> NDArray:
            return sum(
                (step * table[list(of)].prod(axis=1).to_numpy() for of, step in steps.items()),
                np.zeros(len(table)),
            )

        one, two = response(others, alone), response(others, pairs)
        errors = pd.Series(2 + response(plan, alone | pairs), index=plan.index)
        answers = {
            "right": 2 + one + two,
            "without pairs": 2 + one,
            "whole effects": 2 + 2 * (one + two),
            "from zero": one + two,
            "upside down": 2 - one - two,
            "only signs of one": 2 + one - two,
            "the runs": errors.to_numpy(),
        }
        made.append((plan, errors, others, answers))
    return made


ADVICE = {
    "without pairs": "The settings alone are right. The effects of pairs are missing: multiply the "
    "two columns of signs.",
    "whole effects": "Everything counts twice. An effect is the way from low to high; from the "
    "mean it is half of that.",
    "from zero": "The effects are right. They start from the mean error of all runs.",
    "upside down": "All signs are turned round: an effect is the error at the high level minus "
    "that at the low one.",
    "only signs of one": "The pairs have the wrong sign: their effect is the error where both "
    "settings stand alike minus that where they differ.",
    "the runs": "You return the errors of the runs that were made. Predict those of `others`.",
}


def rest_score(function: Function) -> tuple[float, str]:
    """Return 1 minus the mean distance from the truth, in mean distances of the truth from 2."""
    scores, hint = [], ""
    for plan, errors, others, answers in worlds():
        wanted = f"one error for each of the {len(others)} rows of `others`"
        answer = function(plan.copy(), errors.copy(), others.copy())
        found = array(answer, wanted, (len(others),))
        if np.iscomplexobj(found) or not np.isfinite(found).all():
            raise Wrong(f"Return {wanted}: real, finite numbers. Do the rows' labels agree?")
        right = answers["right"]
        scores.append(max(0.0, 1 - abs(found - right).mean() / abs(right - right.mean()).mean()))
        if scores[-1] < 0.99:
            known = [name for name in ADVICE if np.allclose(found, answers[name], atol=1e-6)]
            hint = hint or (
                ADVICE[known[0]]
                if known
                else f"Settings {', '.join(plan)}: for {others.iloc[0].to_dict()} the error is "
                f"{right[0]:.3f}, and you predict {found[0]:.3f}. Take the effects one by one."
            )
    return float(np.mean(scores)), hint


CHECKS = {
    "predict-the-rest": Check(
        metric="1 − how far the predictions are off ÷ how far the errors lie apart",
        score=rest_score,
        goal=0.99,
        hint="Begin with the mean of all runs, then add or take off half of every effect.",
    ),
}
