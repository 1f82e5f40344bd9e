"""The script that installs, or names, the system packages of the tests."""

import subprocess
import sys
from pathlib import Path

import pytest
import system


def browser_and_library() -> list:
    return system.read_packages(
        "chromium program no-such-browser\nlibgl1 library libNoSuchThing.so.9  # a comment\n"
    )


def test_the_list_names_what_napari_and_the_browser_need():
    names = {package.name for package in system.read_packages(system.LIST.read_text())}
    assert names >= {"chromium", "xvfb", "libgl1", "libegl1", "libxcb-cursor0"}


@pytest.mark.parametrize("line", ["chromium", "chromium program", "chromium folder chromium"])
def test_a_malformed_line_is_named_by_its_number(line: str):
    with pytest.raises(ValueError, match="line 2"):
        system.read_packages(f"# comment\n{line}\n")


def test_a_program_or_a_library_that_exists_is_not_missing():
    packages = system.read_packages("shell program no-such-shell sh\n")
    assert system.missing_packages(packages, "Linux") == []
    if sys.platform == "linux":
        packages = system.read_packages("libc6 library libNoSuchThing.so.9 libc.so.6\n")
        assert system.missing_packages(packages, "Linux") == []


def test_what_does_not_exist_is_missing_in_the_order_of_the_list():
    assert system.missing_packages(browser_and_library(), "Linux") == ["chromium", "libgl1"]


def test_macos_asks_for_a_browser_alone_and_looks_among_its_applications(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(system, "MAC_BROWSERS", (tmp_path / "Chromium.app",))
    assert system.missing_packages(browser_and_library(), "Darwin") == ["chromium"]
    (tmp_path / "Chromium.app").mkdir()
    assert system.missing_packages(browser_and_library(), "Darwin") == []


@pytest.mark.parametrize(
    ("name", "apt", "cure"),
    [
        ("Linux", True, "sudo apt-get install --no-install-recommends chromium libgl1"),
        ("Linux", False, "your distribution"),
        ("Darwin", False, "brew install"),
        ("Windows", False, "on PATH"),
    ],
)
def test_the_advice_names_every_package_and_a_cure(name: str, apt: bool, cure: str):
    block = system.advice(["chromium", "libgl1"], name, apt=apt)
    assert "chromium libgl1" in block.splitlines()[0]
    assert cure in block
    assert "skipped" in block


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A Linux machine that lacks one library; apt-get is recorded, not run."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    listing = tmp_path / "system-packages.txt"
    listing.write_text("shell program sh\nlibgl1 library libNoSuchThing.so.9\n")
    monkeypatch.setattr(system, "LIST", listing)
    monkeypatch.setattr(system.platform, "system", lambda: "Linux")
    monkeypatch.setattr(
        system.shutil, "which", lambda name: f"/bin/{name}" if name in ("sh", "apt-get") else None
    )
    monkeypatch.setattr(system.subprocess, "run", run)
    return commands


def test_root_on_debian_installs_only_what_is_missing(
    bare_machine: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(system.os, "geteuid", lambda: 0, raising=False)
    # The library appears with the installation.
    monkeypatch.setattr(system, "loads", lambda _: bool(bare_machine))
    assert system.main([]) == 0
    assert bare_machine[0][:2] == ["apt-get", "update"]
    assert bare_machine[1][-1] == "libgl1"
    assert "shell" not in bare_machine[1]
    assert "all present" in capsys.readouterr().out


def test_a_failed_installation_shows_the_cause_and_the_advice(
    bare_machine: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(system.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(
        system.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 100, "", "E: no network\n"),
    )
    assert system.main([]) == 0
    assert system.main(["--strict"]) == 1
    said = capsys.readouterr()
    assert "E: no network" in said.err
    assert "System packages missing: libgl1" in said.out


def test_another_user_installs_nothing_and_is_told_how(
    bare_machine: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000, raising=False)
    assert system.main([]) == 0
    assert bare_machine == []
    assert "sudo apt-get install" in capsys.readouterr().out


def test_nothing_missing_touches_nothing(
    bare_machine: list[list[str]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(system.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(system, "loads", lambda _: True)
    assert system.main(["--strict"]) == 0
    assert bare_machine == []
