"""The digest of a module's code: what a run depends on, words about it left out.

A corrected sentence in a docstring must not ask for a training of half an hour. So comments,
docstrings and blank lines do not count; every other character does. The digest is made from the
text and not from a syntax tree's dump, so that it is the same under each version of Python.

Nor does a run depend on what it cannot have reached: a block under ``if device.type == "mps":``
that has no ``else`` is for Apple's GPUs alone. A mend for them asks no page that was computed on a
processor for an execution. Where the device may be that of NumPy, which is a text, the test is
``getattr(device, "type", "") == "mps"``.
"""

import ast
import hashlib
import io
import tokenize
from functools import cache

APART = ("cuda", "mps")
"""Kinds of device, in PyTorch's words, whose blocks count only for runs that computed there."""


@cache  # chapters share most of their modules
def digest(source: str, used: frozenset[str] = frozenset()) -> str:
    """Return the sha256 of `source` without comments, docstrings, blank lines and unused blocks.

    `used` are those of `APART` on which the run computed.

    Raises
    ------
    SyntaxError
        If the text is no Python.
    """
    return hashlib.sha256("\n".join(_code(source, used)).encode()).hexdigest()


def _code(source: str, used: frozenset[str]) -> list[str]:
    """Return the lines that count, without what hangs behind them."""
    lines = source.splitlines()
    words: set[int] = set()  # lines of docstrings, from 0
    texts: set[int] = set()  # lines inside texts that count, where a blank line is a part of them
    tree = ast.parse(source)
    unused = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and _kind(node) in set(APART) - used
        for line in range(node.lineno - 1, _end(node))
    }
    for node in ast.walk(tree):
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
        if number not in words | unused and (line.strip() or number in texts - words)
    ]


def _kind(node: ast.If) -> str | None:
    """Return for which kind of device alone a block is: ``if device.type == "mps":``, no else."""
    match node:
        case ast.If(
            test=ast.Compare(
                left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=str(kind))]
            ),
            orelse=[],
        ):
            return kind if _is_type(left) else None
    return None


def _is_type(node: ast.expr) -> bool:
    """Return whether an expression is ``….type`` or ``getattr(…, "type", "")``."""
    match node:
        case ast.Attribute(attr="type"):
            return True
        case ast.Call(
            func=ast.Name(id="getattr"),
            args=[_, ast.Constant(value="type"), ast.Constant(value="")],
        ):
            return True
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _end(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno


def _alone(node: ast.Expr, lines: list[str]) -> bool:
    """Return whether nothing but the text itself stands on its lines."""
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    after = lines[_end(node) - 1].encode()[node.end_col_offset :].split(b"#")[0]
    return not before.strip() and not after.strip()
