"""The page of image cards: what every set shows, where it comes from, what its truth is worth."""

from gpu_course.images import cards


def cards_page() -> str:
    """Return the cards of all image sets, as MyST, in the order of their names."""
    lines = [
        "(ch-image-cards)=",
        "# Image cards",
        "",
        "What does a set show, who made it, under which terms, and what is its truth worth? One "
        "card for each set, from the files in `data/cards`; in Python `cards.read(name)` of "
        "`gpu_course.images` shows the same. {ref}`ch-images` shows the pictures.",
        "",
    ]
    for name in sorted(cards.names()):
        lines += [f"## {name}", "", cards.read(name)._repr_markdown_(), ""]
    return "\n".join(lines)
