"""The digest of a chapter's code: what its cells do, not how their lines are wrapped.

A line that is broken in another place, a comment, a pair of brackets around a long sum change no
output, so none of them may ask for an execution. A cell therefore counts by its syntax tree. The
tree is written down here, field by field, because `ast.dump` and `ast.unparse` are not the same
under each version of Python.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable, Iterator
from typing import Any

NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}


def of_cells(sources: Iterable[str]) -> str:
    """Return the sha256 of what some code cells do, in their order, as hexadecimal text."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(of_cell(source).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def of_cell(source: str) -> str:
    """Return a text that is the same for two cells that do the same in other lines.

    Parameters
    ----------
    source : str
        A cell of Python, or of Python with IPython's magics: such a cell counts as it is written.

    Returns
    -------
    str
        The syntax tree, and whether a semicolon at the end hides the last value.
    """
    text = source.strip()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    return "".join(_written(tree)) + (";" if _silent(text) else "")


def _silent(text: str) -> bool:
    """Return whether a cell ends in a semicolon, comments behind it aside."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    operators = [token for token in tokens if token.type not in NO_CODE]
    return bool(operators) and operators[-1].string == ";"


def _written(node: Any) -> Iterator[str]:
    if isinstance(node, ast.AST):
        yield f"{type(node).__name__}("
        for name, value in ast.iter_fields(node):
            if isinstance(node, ast.JoinedStr):
                value = _joined(value)
            # Fields without content are new in some versions; `kind` is the letter before u"…".
            if value not in (None, []) and name not in {"ctx", "kind", "type_comment"}:
                yield f"{name}="
                yield from _written(value)
                yield ","
        if isinstance(node, ast.Constant) and node.value is None:
            yield "None"
        yield ")"
    elif isinstance(node, list):
        yield "["
        for each in node:
            yield from _written(each)
            yield ","
        yield "]"
    else:
        yield f"{type(node).__name__}:{node!a}"


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """Return the parts of an f-string, its texts joined: some versions leave empty ones between."""
    parts: list[ast.expr] = []
    for value in values:
        last = parts[-1] if parts else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant):
            parts[-1] = ast.Constant(str(last.value) + str(value.value))
        elif not (isinstance(value, ast.Constant) and value.value == ""):
            parts.append(value)
    return parts
