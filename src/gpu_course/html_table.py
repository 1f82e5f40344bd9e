"""A small table that a notebook shows whole."""

from html import escape


class Rows(list[dict[str, str]]):
    """Rows of a table: one dict a row, all with the same keys.

    A notebook shows it as HTML with every text in full (a pandas table cuts texts at 50
    characters), in a frame that scrolls sideways by itself on a narrow screen.
    """

    def __init__(self, rows: list[dict[str, str]], label: str) -> None:
        super().__init__(rows)
        self.label = label

    def __repr__(self) -> str:
        columns = list(self[0]) if self else []
        widths = {key: max(len(key), *(len(row[key]) for row in self)) for key in columns}
        lines = [{key: key for key in columns}, *self]
        return "\n".join(
            "  ".join(line[key].ljust(widths[key]) for key in columns).rstrip() for line in lines
        )

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(key)}</th>' for key in (self[0] if self else []))
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(value)}</td>" for value in row.values()) + "</tr>"
            for row in self
        )
        # The frame takes the keyboard's focus, so that it can be scrolled without a mouse.
        frame = f'<div role="region" aria-label="{escape(self.label)}" tabindex="0"'
        return (
            f'{frame} style="overflow-x: auto"><table class="dataframe">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
