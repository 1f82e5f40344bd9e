"""What a chapter's solution boxes show: code that runs where it is pasted.

A box includes one function of a module, and the module's head, which the function needs, stays
behind. So each box begins with the imports of those names that its own lines do not make.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from typing import Any

from gpu_course.book.plain_markdown import included

_SIDE = re.compile(r"\{solution-(start|end)\}")
_INCLUDE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{literalinclude\} (?P<path>\S+)\n"
    r"(?P<options>(?::[\w-]+:.*\n)*)(?P=fence)[ \t]*$",
    re.MULTILINE,
)
_OBJECT = re.compile(r"^:pyobject: (\S+)$", re.MULTILINE)


def with_imports(cells: list[Any]) -> Iterator[str]:
    """Yield the text of each cell of a chapter, with whole code in place of solutions' includes.

    All cells are given in their order: a solution may go over several. In MyST Markdown, an
    included function of a solution becomes a block of code that begins with its imports; all else
    stays as it is.
    """
    inside = False
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell.source
            continue
        text, position = "", 0
        marks = [*_SIDE.finditer(cell.source), None]
        for mark in marks:
            end = mark.start() if mark else len(cell.source)
            part = cell.source[position:end]
            text += _INCLUDE.sub(_whole, part) if inside else part
            position = end
            inside = mark[1] == "start" if mark else inside
        yield text


def _whole(include: "re.Match[str]") -> str:
    """Return the block of code for one include."""
    wanted = _OBJECT.search(include["options"])
    code = pasteable(include["path"], wanted[1]) if wanted else included(include["path"], {})
    return f"{include['fence']}{{code-block}} python\n{code}\n{include['fence']}"


def pasteable(path: str, wanted: str) -> str:
    """Return a function or class of ``/src/gpu_course/<module>.py`` behind the imports it needs.

    Raises
    ------
    CourseError
        If the module or the object does not exist.
    """
    code = included(path, {"pyobject": wanted})
    module = ast.parse(included(path, {}))
    lacking = needed(code)
    lines = list(_imports(module, lacking))
    # What the module defines itself: another function, a constant, the name of a type.
    name = path.removeprefix("/src/").removesuffix(".py").replace("/", ".")
    own = sorted(lacking - {imported for line in lines for imported in _bound(line)})
    if own:
        lines.append(f"from {name} import {', '.join(own)}")
    return "\n".join([*lines, "", "", code] if lines else [code])


def needed(code: str) -> set[str]:
    """Return the names that code looks up outside of itself and outside of Python's own."""

    def looked_up(table: symtable.SymbolTable) -> Iterator[str]:
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or top):
                yield symbol.get_name()
        for inner in table.get_children():
            yield from looked_up(inner)

    table = symtable.symtable(code, "solution", "exec")
    made = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    return set(looked_up(table)) - made - set(dir(builtins))


def _imports(module: ast.Module, names: set[str]) -> Iterator[str]:
    """Yield the module's imports of these names, each in one line."""
    # Those for types alone stand below `if TYPE_CHECKING:`.
    inner = [part for node in module.body if isinstance(node, ast.If) for part in node.body]
    for node in [*module.body, *inner]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept = [one for one in node.names if _name(one) in names]
            if kept:
                node.names = kept
                yield ast.unparse(node)


def _name(one: ast.alias) -> str:
    return one.asname or one.name.partition(".")[0]


def _bound(line: str) -> set[str]:
    (node,) = ast.parse(line).body
    assert isinstance(node, ast.Import | ast.ImportFrom)
    return {_name(one) for one in node.names}
