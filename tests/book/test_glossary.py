"""The glossary: each term once, in order, short, and linked to a chapter of the book."""

import re

import pytest

from gpu_course import paths
from gpu_course.book import chapters
from tests.site.toc import CHAPTERS

TEXT = (paths.root() / "book" / "reference" / "glossary.md").read_text(encoding="utf-8")
GROUPS = re.findall(r"^:::\{glossary\}\n(.*?)^:::$", TEXT, re.MULTILINE | re.DOTALL)


def entries(group):
    """Return (term, its text on one line) for each entry of a group."""
    found = re.findall(r"^(\S.*)\n((?:  .*(?:\n|\Z))+)", group, re.MULTILINE)
    return [(term, " ".join(text.split())) for term, text in found]


EVERY = [entry for group in GROUPS for entry in entries(group)]


def test_terms_stand_once_and_in_order():
    terms = [term.lower() for term, _ in EVERY]
    assert len(terms) > 100
    assert sorted(set(terms)) == sorted(terms)
    for group in GROUPS:
        found = [term.lower() for term, _ in entries(group)]
        assert found == sorted(found)


def test_an_entry_is_a_few_sentences():
    words = {term: len(text.split()) for term, text in EVERY}
    assert {term: count for term, count in words.items() if not 8 <= count <= 75} == {}


def test_most_terms_lead_to_the_chapter_that_works_with_them():
    linked = [text for _, text in EVERY if re.search(r"See \{ref\}`ch-[\w-]+`\.$", text)]
    assert len(linked) > 0.8 * len(EVERY)


def test_a_term_that_a_chapter_links_is_in_the_glossary():
    known = {term.lower() for term, _ in EVERY}
    asked = {
        (chapter.name, found[1].lower())
        for chapter in chapters.read_all()
        for cell in chapter.notebook.cells
        if cell.cell_type == "markdown"
        for found in re.finditer(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`", cell.source)
    }
    assert sorted((name, term) for name, term in asked if term not in known) == []


# Terms that a newcomer has to be given once: the entry of the glossary, and how prose says it where
# that differs from the entry's name.
GIVEN = {
    "activation function": "",
    "AdamW": "",
    "backpropagation": "backpropagation|backward pass|forward pass",
    "bandwidth": "",
    "batch": r"batch(es)?\b",
    "bit depth": "",
    "boundary condition": "",
    "circulant and non-circulant": "(non-)?circulant",
    "clesperanto": "",
    "class imbalance": "",
    "confocal": "",
    "confusion matrix": "",
    "connected components": "",
    "convolutional neural network": "convolutional (neural )?network",
    "data leakage": "data leakage",
    "decision tree": "",
    "difference of Gaussians": "",
    "distance transform": "",
    "domain shift": "",
    "dropout": "",
    "early stopping": "",
    "encoder and decoder": r"\b(en|de)coder|bottleneck",
    "epoch": "",
    "event loop": "",
    "feature importance": "",
    "FFT": "FFT|fast Fourier",
    "Fourier transform": "",
    "fractional factorial design": "fractional factorial",
    "generalisation": r"generalis",
    "gradient accumulation": "",
    "gradient checkpointing": "checkpointing",
    "ground truth": "",
    "Hessian matrix": "Hessian",
    "hyperparameter": "",
    "hysteresis threshold": "hysteresis",
    "ill-posed": "",
    "inference": "",
    "instance segmentation": "",
    "inter-annotator agreement": "",
    "kernel (program)": "kernel",
    "latency": "",
    "learning curve": "",
    "learning rate": "",
    "leave-one-out": "",
    "light-sheet": "",
    "local maximum": "local maxim",
    "logits": "",
    "low-pass": "",
    "maximum likelihood": "",
    "mixed precision": r"\*?mixed\*? precision",
    "morphology": "",
    "noise amplification": "",
    "numerical aperture": "",
    "Nyquist sampling": "Nyquist",
    "out-of-bag": "",
    "overfitting": "overfit",
    "panoptic quality (PQ)": r"panoptic quality|\bPQ\b",
    "pinhole": "",
    "pretrained": "",
    "probability map": "",
    "receptive field": "",
    "refractive index": "",
    "ridge filter": "",
    "ringing": r"\bringing\b",
    "roofline": "",
    "saturation": "saturat",
    "semantic segmentation": r"\*?semantic\*? segmentation",
    "shortcut learning": "",
    "sigmoid and softmax": "sigmoid|softmax",
    "skip connection": "",
    "staircasing": "",
    "stochastic gradient descent": "",
    "structuring element": "",
    "supervised learning": "supervised",
    "top-hat": "",
    "transfer learning": "",
    "vignetting": "",
    "Voronoi diagram": "Voronoi",
    "weak labels": "weak label",
    "weight decay": "",
    "widefield": "",
    "work-item and work-group": "work-(item|group)s?",
}


def prose(chapter):
    """Return the text that a reader reads, without headings, code, addresses and the two lists.

    The lists at the head and the end of a chapter say what it is about; they explain nothing.
    """
    text = "\n".join(c.source for c in chapter.notebook.cells if c.cell_type == "markdown")
    text = re.sub(r"^(`{3,}).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^:::\{admonition\}.*?^:::$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^(:::.*|:label.*|#.*|\([\w-]+\)=)$", "", text, flags=re.MULTILINE)
    text = text.split("## What to remember")[0]
    text = re.sub(r"\]\([^)]*\)", "]", text)
    # Of code and roles, the links into the glossary alone are kept.
    text = re.sub(r"(\{[\w:-]+\})?`[^`]*`", lambda m: m[0] if m[1] == "{term}" else "", text)
    return " ".join(text.split())


READ = [(name, prose(chapters.read(name))) for name in CHAPTERS]


@pytest.mark.parametrize("term", GIVEN)
def test_a_term_is_linked_where_it_is_first_used(term):
    word = re.compile(GIVEN[term] or re.escape(term), re.IGNORECASE)
    for name, text in READ:
        if name.startswith("reference/"):
            continue
        if first := word.search(text):
            links = [
                (link.start(), link.end(), (link[2] or link[1]).strip().lower())
                for link in re.finditer(r"\{term\}`([^`<]*)(?:<([^`>]*)>)?`", text)
            ]
            around = text[max(0, first.start() - 60) : first.end() + 40]
            found = [to for start, end, to in links if start <= first.start() < end]
            assert found == [term.lower()], f"{name}: …{around}…"
            return
    raise AssertionError(f"no chapter says “{term}”")


def test_a_chapter_that_an_entry_leads_to_speaks_of_the_term():
    # A link that promises a subject: the page behind it, code and captions included, has the word.
    pages = {}
    for name in CHAPTERS:
        file = paths.root() / "book" / f"{name}.md"
        text = file.read_text(encoding="utf-8")
        pages |= dict.fromkeys(re.findall(r"^\((ch-[\w-]+)\)=$", text, re.MULTILINE), text)
    silent = []
    said = GIVEN | {
        "bootstrap interval": "bootstrap",
        "star-convex": r"\bstars?\b",
        "Voronoi–Otsu labelling": "Voronoi.Otsu",
        "Wiener filter": "Wiener.s filter",
    }
    for term, text in EVERY:
        plain = re.sub(r" \(.*\)$", "", term)
        words = said.get(term) or "|".join(re.escape(word) for word in re.split(" and |, ", plain))
        for label in re.findall(r"See \{ref\}`(ch-[\w-]+)`\.$", text):
            page = " ".join(pages[label].replace("-", " ").replace("_", " ").split())
            if not re.search(words.replace("-", " "), page, re.IGNORECASE):
                silent.append(f"{term}: {label}")
    assert not silent, "\n".join(silent)
