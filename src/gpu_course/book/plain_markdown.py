"""Turn a chapter's MyST Markdown into the plain Markdown that every notebook program shows.

MyST directives (``:::{note}`` … ``:::``) and roles (``{ref}`ch-setup```) mean nothing outside the
site. Here each becomes ordinary Markdown: a quotation, a heading, a link. A directive that this
module does not know is an error, so that raw directive text can never reach a student.
"""

import ast
import re
from dataclasses import dataclass, field

import yaml

from gpu_course import paths
from gpu_course.errors import CourseError


@dataclass(frozen=True)
class Links:
    """Where references lead.

    Parameters
    ----------
    targets : dict
        label → (page, title), for every label of the book.
    site : str
        The public address of the site with a slash at its end, or ``""`` if it has none; then a
        reference shows its title without a link.
    citations : dict
        citation key → (short text such as ``"Otsu 1979"``, URL or ``""``).
    """

    targets: dict[str, tuple[str, str]] = field(default_factory=dict)
    site: str = ""
    citations: dict[str, tuple[str, str]] = field(default_factory=dict)

    def to(self, label: str, text: str = "") -> str:
        """Return Markdown that leads to `label`."""
        page, title = self.targets.get(label, ("", label))
        shown = text or title
        if not (self.site and page):
            return f"*{shown}*"
        return f"[{shown}]({self.site}{page}.html#{label})"

    def cite(self, keys: str) -> str:
        """Return Markdown for a citation of one or more comma-separated keys."""
        shown = []
        for key in keys.split(","):
            text, url = self.citations.get(key.strip(), (key.strip(), ""))
            shown.append(f"[{text}]({url})" if url else text)
        return "; ".join(shown)


_OPEN = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w:+-]+)\}[ \t]*(?P<argument>.*)$")
_LABEL = re.compile(r"^\([\w:.-]+\)=\s*$")
_ROLE = re.compile(r"\{(?P<name>[\w:+-]+)\}`(?P<text>[^`]+)`")
_TEXT_AND_TARGET = re.compile(r"^(?P<text>.*?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
_CODE_SPAN = re.compile(r"(`+)(?:(?!\1).)+?\1", re.DOTALL)

# Admonitions with a title of their own, then those whose kind is the title.
_BOXES = {"admonition": "", "dropdown": ""}
_BOXES |= {kind: kind.capitalize() for kind in ("note", "tip", "hint", "important", "warning")}
_PLAIN_CONTAINERS = {"tab-set", "grid", "div"}
_TITLED = {"tab-item", "grid-item-card"}


def convert(source: str, links: Links) -> str:
    """Return the MyST text `source` as plain Markdown.

    Raises
    ------
    CourseError
        If a directive or role is unknown here, or a directive is never closed.
    """
    text = "\n".join(_blocks(source.splitlines(), links))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _blocks(lines: list[str], links: Links) -> list[str]:
    out: list[str] = []
    prose: list[str] = []

    def flush() -> None:
        # Roles may run over a line's end, so prose is converted as a whole paragraph run.
        if prose:
            out.extend(_roles("\n".join(prose), links).split("\n"))
            prose.clear()

    position = 0
    while position < len(lines):
        line = lines[position]
        opened = _OPEN.match(line.strip())
        if opened:
            flush()
            end = _closing(lines, position, opened["fence"])
            body = lines[position + 1 : end]
            out += ["", *_directive(opened["name"], opened["argument"].strip(), body, links), ""]
            position = end + 1
        elif line.lstrip().startswith("```"):
            # An ordinary code block: everything up to its end stays as it is.
            flush()
            fence = re.match(r"`+", line.lstrip())
            end = _closing(lines, position, fence[0] if fence else "```")
            out += lines[position : end + 1]
            position = end + 1
        else:
            if not (_LABEL.match(line) or line.startswith("% ") or line.strip() == "+++"):
                prose.append(line)
            position += 1
    flush()
    return out


def _closing(lines: list[str], start: int, fence: str) -> int:
    """Return the index of the line that closes the fence opened at `start`."""
    depth = 0
    for position in range(start + 1, len(lines)):
        line = lines[position].strip()
        if line == fence and not depth:
            return position
        # MyST nests equal fences too, as long as each is closed.
        if fence.startswith(":") and (inner := _OPEN.match(line)) and inner["fence"] == fence:
            depth += 1
        elif line == fence:
            depth -= 1
    raise CourseError(f"“{lines[start].strip()}” is never closed. Add a line “{fence}” after it.")


def _options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split a directive's body into its options and its content."""
    if body and body[0].strip() == "---":
        end = next(i for i, line in enumerate(body[1:], 1) if line.strip() == "---")
        return yaml.safe_load("\n".join(body[1:end])) or {}, body[end + 1 :]
    options = {}
    while body and (option := re.match(r"^\s*:([\w-]+):\s*(.*)$", body[0])):
        options[option[1]] = option[2].strip()
        body = body[1:]
    return options, body


def _directive(name: str, argument: str, body: list[str], links: Links) -> list[str]:
    options, content = _options(body)
    if name in _BOXES:
        return _box(_BOXES[name] or argument, [argument] if _BOXES[name] else [], content, links)
    if name == "div" and "live" in argument.split():
        return []  # a figure that computes in the site's pages, and nowhere else
    if name in _PLAIN_CONTAINERS:
        return _blocks(content, links)
    if name in _TITLED:
        # `^^^` and `+++` part a card's head and foot from its body.
        inner = [line for line in content if line.strip() not in {"^^^", "+++"}]
        title = [f"**{_roles(argument, links)}**", ""] if argument else []
        return title + _blocks(inner, links)
    if name == "exercise-start":
        return [f"### Exercise: {argument}" if argument else "### Exercise", ""]
    if name == "solution-start":
        return ["**Solution**", ""]
    if name in {"exercise-end", "solution-end"}:
        return []
    if name == "code-block":
        return [f"```{argument}", *content, "```"]
    if name == "literalinclude":
        return ["```python", *included(argument, options).splitlines(), "```"]
    raise CourseError(
        f"The directive “{name}” has no plain Markdown form. Use one that has, or teach "
        f"gpu_course.book.plain_markdown how to write it."
    )


def _box(title: str, first: list[str], content: list[str], links: Links) -> list[str]:
    text = "\n".join([*filter(None, first), *_blocks(content, links)]).strip("\n")
    text = f"**{_roles(title, links)}**\n\n{text}"
    return [f"> {line}".rstrip() for line in re.sub(r"\n{3,}", "\n\n", text).splitlines()]


def included(path: str, options: dict[str, str]) -> str:
    """Return the source that a ``literalinclude`` of ``/src/gpu_course/<module>.py`` names.

    The option ``pyobject`` names the one function or class to show.

    Raises
    ------
    CourseError
        If the module or the object does not exist.
    """
    relative = path.removeprefix("/src/gpu_course/")
    file = paths.package() / relative
    if relative == path or not file.is_file():
        raise CourseError(f"literalinclude names {path}, which is no module of gpu_course.")
    text = file.read_text(encoding="utf-8")
    wanted = options.get("pyobject")
    if not wanted:
        return text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == wanted:
            first = min([node.lineno, *(line.lineno for line in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise CourseError(f"literalinclude names {wanted}, which {path} does not define.")


def _roles(text: str, links: Links) -> str:
    """Replace the roles outside code spans."""

    def replace(role: re.Match[str]) -> str:
        name, content = role["name"], role["text"]
        pair = _TEXT_AND_TARGET.match(content)
        shown, target = (pair["text"], pair["target"]) if pair else ("", content)
        if name in {"ref", "numref"}:
            return links.to(target, shown.replace("%s", "").strip())
        if name in {"cite:p", "cite:t"}:
            return links.cite(content)
        if name in {"kbd", "term"}:
            return f"**{shown or content}**"
        raise CourseError(
            f"The role “{name}” has no plain Markdown form. Use one that has, or teach "
            f"gpu_course.book.plain_markdown how to write it."
        )

    # A role is `{name}` followed by a code span; a code span alone stays untouched.
    pieces, last = [], 0
    for span in _CODE_SPAN.finditer(text):
        if span.start() < last:
            continue
        head = re.search(r"\{[\w:+-]+\}$", text[last : span.start()])
        if head and len(span[1]) == 1:
            start = last + head.start()
            pieces.append(text[last:start])
            role = _ROLE.match(text[start : span.end()])
            pieces.append(replace(role) if role else text[start : span.end()])
        else:
            pieces.append(text[last : span.end()])
        last = span.end()
    return "".join([*pieces, text[last:]])
