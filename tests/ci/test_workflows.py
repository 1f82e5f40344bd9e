"""The workflows under .github: well formed, pinned, and no stronger than they must be."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(path.name for path in FOLDER.glob("*.yml"))

# What a job may write, and why it must.
WRITES = {
    ("pages.yml", "deploy"): {"contents"},  # pushes the site to gh-pages
    ("gpu.yml", "propose"): {"actions", "contents", "pull-requests"},  # branch, PR, its checks
    ("links.yml", "links"): {"issues"},  # keeps the issue up to date
    ("future.yml", "issue"): {"issues"},  # keeps the issue up to date
}
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}|docker://[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")


def workflow(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    # YAML 1.1 reads the bare key "on" as true.
    loaded["on"] = loaded.pop(True)
    return loaded


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    return [(name, key, job) for name in NAMES for key, job in workflow(name)["jobs"].items()]


def steps() -> list[tuple[str, dict[str, Any]]]:
    return [(name, step) for name, _, job in jobs() for step in job["steps"]]


def runs() -> str:
    return "\n".join(step["run"] for _, step in steps() if "run" in step)


def test_the_four_workflows_are_there():
    assert NAMES == ["future.yml", "gpu.yml", "links.yml", "pages.yml"]


def test_every_make_target_that_is_run_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*)\s*:(?!=)", makefile, re.MULTILINE))
    called = set(re.findall(r"^\s*make\s+([a-z][\w-]*)", runs(), re.MULTILINE))
    assert {"book", "check", "test", "install", "execute"} <= called
    assert called <= targets


def test_what_other_projects_say_is_asked_once_a_week():
    (run,) = [line for line in runs().splitlines() if "--weekly" in line]
    assert run == "python -m pytest --weekly -m weekly tests/model_zoo"
    marked = [
        file
        for file in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"^pytestmark = .*mark\.weekly", file.read_text(encoding="utf-8"), re.M)
    ]
    assert marked
    assert {file.parent for file in marked} == {ROOT / run.split()[-1]}


def test_every_script_that_is_run_exists():
    called = set(re.findall(r"\bpython3? (ci/\w+\.py)", runs()))
    own = {"future", "fast", "links", "pull_request", "system"}
    assert called >= {f"ci/{name}.py" for name in own}
    assert [path for path in called if not (ROOT / path).is_file()] == []


def test_every_action_is_pinned_to_a_commit_or_digest():
    used = [(name, step["uses"]) for name, step in steps() if "uses" in step]
    assert used
    assert [(name, uses) for name, uses in used if not PINNED.fullmatch(uses)] == []


def test_every_pinned_commit_says_its_version_and_an_action_has_one_version():
    versions: dict[str, set[str]] = {}
    for name in NAMES:
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
            found = re.search(r"uses: ([\w./-]+)@([0-9a-f]{40})(.*)", line)
            if found:
                assert re.fullmatch(r" # v\d+\.\d+\.\d+", found[3]), line
                versions.setdefault(found[1], set()).add(found[2])
    assert {action: shas for action, shas in versions.items() if len(shas) > 1} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_may_read_and_no_more_unless_a_job_says_why(name: str):
    loaded = workflow(name)
    assert loaded["permissions"] == {"contents": "read"}
    for key, job in loaded["jobs"].items():
        written = {what for what, how in job.get("permissions", {}).items() if how != "read"}
        assert written == WRITES.get((name, key), set()), key


def test_no_checkout_leaves_a_token_behind():
    checkouts = [step for _, step in steps() if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_job_has_a_time_limit():
    assert [(name, key) for name, key, job in jobs() if "timeout-minutes" not in job] == []


def test_no_script_is_built_from_what_a_stranger_can_write():
    # Expressions are pasted into the script before the shell reads it; variables are not.
    assert "${{" not in runs()


def test_the_site_is_published_from_main_after_the_build_and_the_tests():
    deploy = workflow("pages.yml")["jobs"]["deploy"]
    assert set(deploy["needs"]) == {"build", "test", "systems"}
    assert "refs/heads/main" in deploy["if"]


def test_the_build_knows_the_repository_for_its_colab_links():
    assert workflow("pages.yml")["env"] == {"GPU_COURSE_REPOSITORY": "${{ github.repository }}"}


def matrix(name: str, job: str) -> dict[str, list[str]]:
    return workflow(name)["jobs"][job]["strategy"]["matrix"]


def test_every_python_of_the_package_is_tested_and_the_future_looks_one_further():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    first, end = map(int, re.findall(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text)[0])
    pythons = [f"3.{minor}" for minor in range(first, end)]
    assert matrix("pages.yml", "test")["python"] == pythons
    assert matrix("future.yml", "look")["python"] == [*pythons, f"3.{end}"]


def test_apple_silicon_and_windows_are_tested():
    # From macos-14 on, GitHub's images without a suffix are those of arm64.
    names = dict(name.split("-") for name in matrix("pages.yml", "systems")["system"])
    assert set(names) == {"macos", "windows"}
    assert int(names["macos"]) >= 14


def test_the_job_that_runs_unread_packages_cannot_write_and_the_one_that_writes_runs_none():
    jobs = workflow("future.yml")["jobs"]
    assert "permissions" not in jobs["look"]
    script = "\n".join(step.get("run", "") for step in jobs["issue"]["steps"])
    assert "pip install" not in script
    assert script.count("gh issue create") == 1
    assert 'startswith("Will break on ")' in script


def test_the_gpu_machine_never_runs_code_of_a_pull_request():
    for name, key, job in jobs():
        if "self-hosted" in job["runs-on"]:
            assert set(workflow(name)["on"]) == {"workflow_dispatch", "schedule"}, key


def test_the_sizes_offered_are_the_sizes_of_the_course():
    from gpu_course.sizes import SIZES

    offered = workflow("gpu.yml")["on"]["workflow_dispatch"]["inputs"]["size"]["options"]
    assert offered == ["auto", *SIZES]


def test_the_cuda_generations_offered_are_extras_of_the_package():
    extras = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    offered = workflow("gpu.yml")["on"]["workflow_dispatch"]["inputs"]["cuda"]["options"]
    assert all(re.search(rf"^{name} = \[", extras, re.MULTILINE) for name in offered)


@pytest.mark.parametrize(
    ("chapters", "passes"),
    [
        ("", True),
        ("classical/segmentation start/images", True),
        ("x; touch here", False),
        ("$(id)", False),
        ("a\nb", False),
    ],
)
def test_only_names_of_chapters_reach_the_shell(chapters: str, passes: bool, tmp_path: Path):
    bash, make = shutil.which("bash"), shutil.which("make")
    if not (bash and make):
        pytest.skip("needs bash and make")
    script = next(step["run"] for _, step in steps() if step.get("id") == "execute")
    (tmp_path / "Makefile").write_text("execute:\n\t@echo executes $(ARGS)\n")
    done = subprocess.run(
        [bash, "-e", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "CHAPTERS": chapters, "SIZE": "small", "ALL": "true"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) is passes, done.stderr
    assert ("executes" in done.stdout) is passes
    if passes:
        assert done.stdout.split() == ["executes", *chapters.split(), "--size", "small", "--all"]


def test_actionlint_finds_nothing():
    command = shutil.which("actionlint")
    if not command:
        pytest.skip("no actionlint on PATH; the job “Lint the workflows” runs it on GitHub")
    files = [str(FOLDER / name) for name in NAMES]
    done = subprocess.run([command, *files], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
