"""A table that quotes the scores of other chapters shows them as they are stored."""

import pytest

from gpu_course import paths, scores
from tests.book.test_said_of_tables import ROOTS, table_of

SCORES = [s for part in ("classical", "pixel-classification")
          for s in scores.read(paths.data() / "scores" / part)]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "row", "set_name", "method"),
    [
        ("U-Net, first three scenes", "classical", "roots", "classical"),
        ("U-Net, first three scenes", "pixel classification", "roots", "pixel classification"),
        ("def photo_scores", "section 3's classifier", "rootnav", "pixel classification"),
    ],
)
def test_quoted_scores_are_those_stored(code, row, set_name, method):
    shown = table_of(ROOTS, code).astype(float).loc[row]
    stored = {s.metric: s.value for s in SCORES if (s.set, s.method) == (set_name, method)}
    wanted = [stored[name] for name in ("Dice", "clDice", "centreline recall") if name in stored]
    assert list(shown.to_numpy().ravel()) == [round(value, 3) for value in wanted]
