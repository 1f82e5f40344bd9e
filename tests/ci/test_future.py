"""What will break: the logic on recorded answers of pip, of August 2026 for instance."""

import importlib
import json
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
AUGUST = json.loads((Path(__file__).parent / "august_2026.json").read_text(encoding="utf-8"))
JUNIT = """<testsuites><testsuite><testcase classname="tests.test_a" name="test_good"/>
<testcase classname="tests.test_a" name="test_bad"><failure/></testcase></testsuite></testsuites>"""


@pytest.fixture
def future(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    # The scripts of ci/ import one another by their plain names.
    monkeypatch.syspath_prepend(str(ROOT / "ci"))
    return importlib.import_module("future")


@pytest.fixture
def august(future, monkeypatch):
    """Let pip answer as it did with the packages of August 2026, and note what it is asked."""
    answers, asked = iter(AUGUST["answers"]), []

    def pip(requirements, *options):
        asked.append((requirements, options))
        report, said = next(answers)
        return report, said

    monkeypatch.setattr("newest.pip", pip)
    return asked


def resolved(future: ModuleType, project: dict):
    wanted = [future.open_ended(line) for line in project["dependencies"]]
    alone = future.resolve(wanted, "--no-deps")
    without = {future.plain(name) for name in alone.missing}
    return alone, future.resolve([line for line in wanted if future.named(line) not in without])


def test_in_august_2026_it_would_have_said_what_broke_the_course(future, august):
    project = AUGUST["project"]
    found = future.findings("3.13", project, *resolved(future, project))
    assert [finding.sentence for finding in found] == [
        "The course refuses Python 3.13: it asks for >=3.11,<3.13.",
        "psfmodels has no wheel for Python 3.13.",
        "The course refuses numpy 2.5.2: it asks for <2,>=1.26.",
        "pyclesperanto_prototype 0.24.6 refuses numpy 2.5.2: it asks for !=1.19.4,<2.0.0.",
        "pip finds no set of versions: Cannot install pyclesperanto-prototype>=0.24.5 and "
        "numpy>=1.26 because these package versions have conflicting dependencies.",
    ]
    assert future.title(found) == "Will break on Python 3.13, numpy 2.5.2"
    # The upper bound that hides NumPy 2 never reached pip, and psfmodels was asked for once.
    assert all("numpy>=1.26" in requirements for requirements, _ in august)
    assert [any("psfmodels" in line for line in lines) for lines, _ in august] == [1, 0, 0]


def test_the_ranges_of_today_accept_what_broke_those_of_august_2026(future, august):
    alone, _ = resolved(future, AUGUST["project"])
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    ours = {future.named(line) for line in project["dependencies"]}
    kept = [package for package in alone.packages if future.plain(package.name) in ours]
    assert "numpy" in {package.name for package in kept}
    one = future.Resolution(kept)
    assert future.findings("3.13", project, one, one) == []


def test_a_package_that_only_others_need_can_refuse_too_and_is_told_once(future):
    numpy = future.Package("numpy", "2.5.2")
    numba = future.Package(
        "Numba", "0.68", ["numpy<2.5,>=1.24", "numpy<2; python_version < '3.12'"]
    )
    project = {"requires-python": ">=3.11", "dependencies": ["numpy>=2"]}
    alone, together = future.Resolution([numpy]), future.Resolution([numba, numba])
    (found,) = future.findings("3.13", project, alone, together)
    assert found.sentence == "Numba 0.68 refuses numpy 2.5.2: it asks for <2.5,>=1.24."


def test_a_need_without_a_wheel_of_somebody_else_is_no_solution(future, monkeypatch):
    said = "ERROR: No matching distribution found for llvmlite"
    monkeypatch.setattr("newest.pip", lambda requirements, *options: (None, said))
    resolution = future.resolve(["numba"])
    assert resolution.packages == resolution.missing == []
    assert "llvmlite is needed" in resolution.conflict


def test_a_failing_network_is_no_answer(future, monkeypatch):
    monkeypatch.setattr("newest.pip", lambda requirements, *options: (None, "no route to host"))
    with pytest.raises(RuntimeError, match="no route"):
        future.resolve(["numpy"])


@pytest.mark.parametrize(
    ("requirement", "left"),
    [
        ("numpy>=1.26,<2", "numpy>=1.26"),
        ("torch==2.13.0", "torch"),
        ("x[a]~=1.0; sys_platform == 'linux'", 'x[a]; sys_platform == "linux"'),
    ],
)
def test_pins_and_upper_bounds_are_taken_away(future, requirement, left):
    assert future.open_ended(requirement) == left


def test_failed_tests_are_named(future, tmp_path):
    junit = tmp_path / "tests.xml"
    assert "did not start" in future.failures(junit)
    junit.write_text("<testsuites/>")
    assert "No fast test ran" in future.failures(junit)
    junit.write_text(JUNIT)
    assert future.failures(junit) == "1 of 2 fast tests fail: `tests.test_a.test_bad`."
    junit.write_text(JUNIT.replace("<failure/>", ""))
    assert future.failures(junit) == ""


def reported(future: ModuleType, folder: Path, findings: dict[str, list[dict[str, str]]]):
    files = []
    for python, found in findings.items():
        files.append(folder / f"{python}.json")
        files[-1].write_text(json.dumps({"python": python, "findings": found}))
    written = [folder / "report.md", folder / "title.txt"]
    status = future.main(
        ["report", *map(str, files), "--report", str(written[0]), "--title", str(written[1])]
    )
    return status, *(file.read_text() for file in written)


def test_the_findings_of_all_pythons_make_one_issue(future, tmp_path):
    bad = {"subject": "numpy 3.0", "sentence": "It refuses."}
    status, text, title = reported(future, tmp_path, {"3.14": [bad], "3.9": [], "3.11": [bad]})
    assert status == 1
    assert title == "Will break on numpy 3.0\n"
    headings = [line for line in text.splitlines() if line.startswith("##")]
    assert headings == ["## Python 3.9", "## Python 3.11", "## Python 3.14"]
    assert text.count("* It refuses.") == 2
    assert "Nothing will break." in text


def test_without_findings_the_title_still_names_the_issue(future, tmp_path):
    status, _, title = reported(future, tmp_path, {"3.11": []})
    assert status == 0
    assert title.startswith("Will break on ")


def test_the_fast_tests_that_are_named_exist(future):
    named = [word for word in future.fast.command([]) if word.startswith("tests/")]
    assert len(named) > 5
    assert [word for word in named if not (ROOT / word).exists()] == []
