"""Commands on the pages, in README and CONTRIBUTING work in the shells that people have.

zsh, which is macOS's, and Windows' command prompt hand a ``# comment`` to the program as words of
its own, and zsh runs what stands in backticks there; a bracket without double quotes is a pattern
to zsh; only POSIX shells join lines by a backslash.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "book").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
BLOCK = re.compile(r"^```(bash|sh|powershell)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
POSIX = re.compile(r"^(source|export) |^\S*python3 .*/")
WINDOWS = re.compile(r"^py -3|\\Scripts\\|^\$env:|\b[A-Z]:\\")


def faults(text):
    """Return the lines of shell blocks, and those for pip, that not every shell takes."""
    found = []
    for shell, block in BLOCK.findall(text):
        for line in block.splitlines():
            of_apt = line.startswith("sudo apt ") or line.startswith("    lib")
            if re.search(r"(^|\s)#", line) or (line.endswith("\\") and not of_apt):
                found.append(line)
            if (WINDOWS if shell != "powershell" else POSIX).search(line):
                found.append(f"{shell}: {line}")
    for line in re.findall(r"pip install [^`\n]*", text):
        if re.search(r"[][<>]|'", re.sub(r'"[^"]*"', "", line)):
            found.append(line)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_works_in_the_shells_of_readers(page):
    assert faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "block",
    [
        "```bash\nmake book  # build it\n```",
        "```bash\n# build it\nmake book\n```",
        "```bash\ngpu-course process a b \\\n    --workers 2\n```",
        "```bash\npip install .[napari]\n```",
        "Run `pip install numpy>=2`.",
        "Run `pip install 'numpy>=2'`.",
        "```bash\npy -3.12 D:\\class\\start.py mine\n```",
        "```powershell\nsource .venv/bin/activate\n```",
    ],
)
def test_what_one_shell_alone_takes_is_found(block):
    assert len(faults(f"{block}\n")) == 1


@pytest.mark.parametrize(
    "page", sorted((ROOT / "book" / "start").rglob("*.md")), ids=lambda p: p.stem
)
def test_what_a_student_sets_on_linux_is_told_for_windows_too(page):
    """A page of the beginning that exports a variable or activates says how Windows does it."""
    text = page.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    here = "\n".join(block for shell, block in blocks if shell != "powershell")
    there = "\n".join(block for shell, block in blocks if shell == "powershell")
    for variable in re.findall(r"^export (\w+)=", here, re.MULTILINE):
        assert f"$env:{variable} = " in there
        assert f"`set {variable}=" in text  # the command prompt, also that of conda
    if "source .venv/bin/activate" in here:
        assert r".venv\Scripts\Activate.ps1" in there
        assert r".venv\Scripts\activate.bat" in text
