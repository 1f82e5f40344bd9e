"""The papers of the house: citation, licences, how to contribute, templates."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAPERS = ("CONTRIBUTING.md", "LICENSE-CC-BY-4.0.md")
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def project() -> dict[str, Any]:
    loaded = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(loaded["project"])


def citation() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8")))


def test_the_citation_has_what_the_format_requires():
    cited = citation()
    assert cited["cff-version"] == "1.2.0"
    assert all(cited[key] for key in ("message", "title", "authors"))
    assert all(entry["title"] and entry["authors"] for entry in cited["references"])


def test_the_citation_and_the_package_agree():
    cited, package = citation(), project()
    assert cited["version"] == package["version"]
    # The wheel carries the book too, so its licence names that of the text as well.
    assert cited["license"] in package["license"].split(" AND ")


def test_both_models_of_the_course_are_credited():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in ("SciPy 2024", "BiAPoL"):
        assert name in text
        assert name in str(citation()["references"])


@pytest.mark.parametrize("name", PAPERS)
def test_links_to_files_lead_somewhere(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?://|#)([^)\s]+)\)", text)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_make_target_that_is_explained_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*)\s*:(?!=)", makefile, re.MULTILINE))
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    assert explained >= {"book", "serve", "check", "execute", "test"}
    assert explained <= targets


def test_the_text_licence_names_its_legal_code():
    text = (ROOT / "LICENSE-CC-BY-4.0.md").read_text(encoding="utf-8")
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_an_issue_template_parses_and_asks_something(path: Path):
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        assert loaded["contact_links"]
    else:
        assert loaded["name"]
        assert loaded["description"]
        assert [field for field in loaded["body"] if not field["attributes"]["label"]] == []


def test_dependabot_watches_the_actions():
    loaded = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    assert [update["package-ecosystem"] for update in loaded["updates"]] == ["github-actions"]
