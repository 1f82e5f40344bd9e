"""What had been seen of test images before they were scored: said wherever such a score stands."""

SENTENCES = {
    "nuclei": "this half image was shown and scored many times while the methods were made, so it "
    "decides nothing; the frames of `nuclei-dsb` do.",
    "nuclei-dsb": "the frames were opened on 30 November 2026, and again on that day after two "
    "warnings had been mended and with a network that had trained longer, as was decided on the "
    "record of its training and on train and validation frames. Earlier versions of the methods "
    "had been tried on some frames of this challenge.",
    "bees": "the first three scenes are shown in sections 1 and 3 and six in section 4. Nothing "
    "was chosen on them.",
    "roots": "the first three scenes are shown in sections 1 and 3 and eight in section 4. Nothing "
    "was chosen on them.",
    "rootnav": "the middle of the first photograph is shown in sections 1 and 3, and all five in "
    "section 4. No threshold was chosen on them.",
    "beesbook": "the crowd was looked at in sections 1 and 3 without points. The points were set "
    "before any prediction was scored, and one of them was marked unclear later.",
}
"""Set → the end of a sentence."""


def note(name: str) -> str:
    """Return what the reader should know of a set's test images, as Markdown; empty if nothing."""
    return f"*Looked at before:* {SENTENCES[name]}" if name in SENTENCES else ""
