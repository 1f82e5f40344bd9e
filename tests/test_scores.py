import json
import math
import re

import numpy as np
import pytest

from gpu_course import scores
from gpu_course.errors import CourseError

GOOD = {
    "set": "nuclei",
    "method": "classical",
    "metric": "AP@0.5",
    "value": 0.625,
    "n": 1,
    "chapter": "classical/segmentation",
    "split": "test",
}


def write(folder, name, content):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_numpy_numbers_become_pythons():
    score = scores.Score(**GOOD | {"value": np.float32(0.5), "n": np.int64(3)})
    assert (type(score.value), type(score.n)) == (float, int)


@pytest.mark.parametrize(
    "wrong",
    [
        {"set": ""},
        {"method": "  "},
        {"metric": None},
        {"chapter": ""},
        {"split": ""},
        {"value": math.nan},
        {"value": math.inf},
        {"value": "good"},
        {"value": None},
        {"n": 0},
        {"n": 1.5},
        {"n": True},
    ],
)
def test_a_score_that_says_nothing_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(CourseError, match=f"A score's {name} is"):
        scores.Score(**GOOD | wrong)


def test_a_table_carries_its_records_and_shows_them():
    rows = [
        scores.Score(**GOOD),
        scores.Score(**GOOD | {"set": "roots", "metric": "<Dice>", "value": 1 / 3}),
    ]
    bundle = scores.table(rows, caption="Nuclei & roots")._repr_mimebundle_()
    assert [scores.Score(**record) for record in bundle[scores.MIME]] == rows
    json.dumps(bundle[scores.MIME])
    html = bundle["text/html"]
    assert "<caption>Nuclei &amp; roots</caption>" in html
    assert "0.625" in html
    assert "0.333" in html
    assert "&lt;Dice&gt;" in html
    assert html.count('<th scope="col">') == 6
    assert html.count('<th scope="row">') == 2
    assert len(re.findall("<tr>", html)) == 3
    assert bundle["text/plain"].splitlines()[2].split() == [
        *("nuclei", "classical", "AP@0.5", "0.625", "1", "test")
    ]


def test_a_single_score_displays_as_a_table_of_one():
    bundle = scores.Score(**GOOD)._repr_mimebundle_()
    assert bundle[scores.MIME] == [GOOD]


def test_ipython_displays_the_bundle():
    formatter = pytest.importorskip("IPython.core.formatters").MimeBundleFormatter()
    data, _ = formatter(scores.table([scores.Score(**GOOD)]))
    assert data[scores.MIME] == [GOOD]


def test_tables_that_make_no_sense_are_refused():
    with pytest.raises(CourseError, match="at least one"):
        scores.table([])
    with pytest.raises(CourseError, match="no score"):
        scores.table([GOOD])
    with pytest.raises(CourseError, match="Two scores for nuclei"):
        scores.table([scores.Score(**GOOD), scores.Score(**GOOD | {"value": 0.9})])


def test_read_finds_all_files_in_order(tmp_path):
    assert scores.read(tmp_path) == []
    assert scores.read(tmp_path / "missing") == []
    for part in ("deep-learning", "classical"):
        chapter = f"{part}/one"
        write(
            tmp_path,
            f"{chapter}.json",
            {"chapter": chapter, "scores": [GOOD | {"chapter": chapter}]},
        )
    assert [s.chapter for s in scores.read(tmp_path)] == ["classical/one", "deep-learning/one"]


def test_read_reads_the_courses_own_scores():
    assert all(isinstance(score, scores.Score) for score in scores.read())


@pytest.mark.parametrize(
    "content",
    [
        "{not json",
        [GOOD],
        {"chapter": "classical/segmentation"},
        {"chapter": "classical/segmentation", "scores": ["good"]},
        {"chapter": "classical/segmentation", "scores": [GOOD | {"extra": 1}]},
        {"chapter": "classical/other", "scores": [GOOD]},
        {"chapter": "classical/segmentation", "scores": [GOOD | {"value": None}]},
    ],
)
def test_a_broken_file_is_named(tmp_path, content):
    file = write(tmp_path, "classical/broken.json", content)
    with pytest.raises(CourseError, match="cannot be read") as caught:
        scores.read(tmp_path)
    assert str(file) in str(caught.value)
