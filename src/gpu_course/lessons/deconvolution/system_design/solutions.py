"""The solution of the exercise: the runs that were never made, predicted from those that were."""

import pandas as pd

from gpu_course.lessons.deconvolution.system_design.experiment import effects


def predict_the_rest(plan: pd.DataFrame, errors: pd.Series, others: pd.DataFrame) -> pd.Series:
    """Predict the errors of combinations of settings from the effects of settings and pairs.

    Parameters
    ----------
    plan : DataFrame of -1 and 1
        The runs that were made, as
        :func:`gpu_course.lessons.deconvolution.system_design.experiment.half_fraction` plans them.
    errors : Series
        One for each row of `plan`.
    others : DataFrame of -1 and 1
        Combinations with the same columns as `plan`.

    Returns
    -------
    Series
        One for each row of `others`: the mean of all runs, plus or minus half of every effect. It
        knows nothing of what three settings do together.
    """
    predicted = pd.Series(errors.mean(), index=others.index)
    for name, effect in effects(plan, errors.to_frame())["effect"].items():
        signs = others[str(name).split(" × ")].prod(axis=1)
        predicted += effect / 2 * signs
    return predicted
