"""The digest of a module's code: what a run depends on, words about it left out.

A corrected sentence in a docstring must not ask for a training of half an hour. So comments,
docstrings and blank lines do not count; every other character does. The digest is made from the
text and not from a syntax tree's dump, so that it is the same under each version of Python.
"""

import ast
import hashlib
import io
import tokenize
from functools import cache


@cache  # chapters share most of their modules
def digest(source: str) -> str:
    """Return the sha256 of `source` without comments, docstrings and blank lines.

    Parameters
    ----------
    source : str
        The text of a Python module.

    Returns
    -------
    str
        Hexadecimal.

    Raises
    ------
    SyntaxError
        If the text is no Python.
    """
    return hashlib.sha256("\n".join(_code(source)).encode()).hexdigest()


def _code(source: str) -> list[str]:
    """Return the lines that count, without what hangs behind them."""
    lines = source.splitlines()
    words: set[int] = set()  # lines of docstrings, from 0
    texts: set[int] = set()  # lines inside texts that count, where a blank line is a part of them
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and _is_text(node.value) and _alone(node, lines):
            words.update(range(node.lineno - 1, _end(node)))
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            texts.update(range(node.lineno - 1, _end(node)))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return [
        line
        for number, line in enumerate(lines)
        if number not in words and (line.strip() or number in texts - words)
    ]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _end(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno


def _alone(node: ast.Expr, lines: list[str]) -> bool:
    """Return whether nothing but the text itself stands on its lines."""
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    after = lines[_end(node) - 1].encode()[node.end_col_offset :].split(b"#")[0]
    return not before.strip() and not after.strip()
