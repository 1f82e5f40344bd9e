"""The pages of the package reference, made of the docstrings.

The source is read and never imported: the environment that renders the book has no NumPy. A page
for each package with a table of public names (``lazy_names.attach``), one for the modules beside
them, and one that lists every name.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docstrings

from gpu_course.errors import CourseError

MODULES = ("labels", "sizes", "timing", "exercises", "scores", "files")
"""Modules of one file that chapters and readers use; their public names are all of them."""

INDEX = "reference/api"
WIDTH = 60
"""Letters of a signature on one line; a phone shows hardly more."""

Named = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Name:
    """A public name: what its source says."""

    name: str
    face: str
    node: Named
    docstring: str

    @property
    def label(self) -> str:
        """Where a link to it leads. Labels know no capitals, so a class says that it is one."""
        kind = "-class" if isinstance(self.node, ast.ClassDef) else ""
        return f"api-{self.face}-{self.name}{kind}".lower().replace("_", "-").replace(".", "-")

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring, as MyST."""
        return docstrings.summary(self.docstring)


@dataclass(frozen=True)
class Face:
    """A package or a module, and the names that it offers."""

    name: str
    docstring: str
    names: tuple[Name, ...]

    @property
    def title(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").replace(".", ": ").capitalize()

    @property
    def page(self) -> str:
        """The page that shows it."""
        own = "modules" if self.name in MODULES else self.name.replace("_", "-").replace(".", "-")
        return f"{INDEX}-{own}"


def faces(package: Path) -> list[Face]:
    """Return all packages with a table of public names, then the modules.

    Parameters
    ----------
    package : Path
        The folder ``gpu_course``.

    Raises
    ------
    CourseError
        If a table has a name that its module does not define, or one without a docstring.
    """
    found = []
    for file in sorted(package.rglob("__init__.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if table := _table(tree):
            name = ".".join(file.parent.relative_to(package).parts)
            names = [
                each
                for module, wanted in table.items()
                for each in _names(name, file.with_name(f"{module}.py"), wanted)
            ]
            found.append(Face(name, ast.get_docstring(tree) or "", tuple(names)))
    for name in MODULES:
        file = package / f"{name}.py"
        tree = ast.parse(file.read_text(encoding="utf-8"))
        public = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
        names = list(_names(name, file, tuple(public)))
        found.append(Face(name, ast.get_docstring(tree) or "", tuple(names)))
    return found


def _table(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Return the table that a package's face gives to ``lazy_names.attach``, or nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy_names.attach":
            table: dict[str, tuple[str, ...]] = ast.literal_eval(node.args[1])
            return table
    return {}


def _names(face: str, file: Path, wanted: tuple[str, ...]) -> Iterator[Name]:
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for name in wanted:
        for node, below in zip(body, [*body[1:], None], strict=True):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                docstring = ast.get_docstring(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and _target(node) == name:
                docstring = _text(below)
            else:
                continue
            if not docstring:
                raise CourseError(f"{name} in {file.name} has no docstring. Say what it is.")
            yield Name(name, face, node, docstring)
            break
        else:
            raise CourseError(f"{file.name} does not define {name}. Mend the table of {face}.")


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)


def _text(node: ast.stmt | None) -> str:
    """Return the text that stands below a constant and says what it is."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return ""


def api_pages(package: Path) -> dict[str, str]:
    """Return the pages of the reference: name of the page → its MyST.

    Parameters
    ----------
    package : Path
        The folder ``gpu_course``.
    """
    found = faces(package)
    said: dict[str, list[str]] = {INDEX: _index(found)}
    for face in found:
        if face.name not in MODULES:
            said[face.page] = [*_head(face.page, face.title), *_face(face, level=2)]
            continue
        if face.page not in said:
            said[face.page] = [
                *_head(face.page, "Single modules"),
                "What all parts of the course share, each in a file of its own.",
                "",
            ]
        said[face.page] += [f"## {face.title}", "", *_face(face, level=3)]
    return {
        page: re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"
        for page, lines in said.items()
    }


def _head(page: str, title: str) -> list[str]:
    return [f"(ch-{page.rpartition('/')[2]})=", f"# {title}", ""]


def _index(found: list[Face]) -> list[str]:
    said = [
        *_head(INDEX, "Package reference"),
        "Every public name of `gpu_course`, the package behind the chapters, with what its source "
        "says of it. The examples run as they stand after `import numpy as np`; the tests of the "
        "course run them all. [Setup](/start/setup.ipynb) says how to install the package.",
        "",
    ]
    for face in found:
        said += [f"## [{face.title}](/{face.page}.md)", ""]
        said += [f"`gpu_course.{face.name}`: {docstrings.summary(face.docstring)}", ""]
        said += [f"* [`{name.name}`](#{name.label}): {name.summary}" for name in face.names]
        said.append("")
    return said


def _face(face: Face, level: int) -> list[str]:
    said = ["```python", f"import gpu_course.{face.name}", "```", ""]
    said += docstrings.render(face.docstring)
    for name in face.names:
        said += ["", f"({name.label})=", f"{'#' * level} `{name.name}`", ""]
        if isinstance(name.node, ast.ClassDef):
            said += _class(name.node, level)
        elif isinstance(name.node, ast.FunctionDef):
            said += _function(name.node)
        else:
            said += _code(ast.unparse(name.node)) + docstrings.render(name.docstring)
    return said


def _code(text: str) -> list[str]:
    return ["```python", *text.splitlines(), "```", ""]


def _function(node: ast.FunctionDef, before: str = "") -> list[str]:
    arguments = _arguments(node.args)
    if before:
        arguments = arguments[1:]  # self or cls
    returns = f" -> {_annotation(node.returns)}" if node.returns else ""
    signature = _signature(f"{before}{node.name}", arguments, returns)
    return _code(signature) + docstrings.render(ast.get_docstring(node) or "")


def _class(node: ast.ClassDef, level: int) -> list[str]:
    methods = [
        each
        for each in node.body
        if isinstance(each, ast.FunctionDef)
        and not any("setter" in ast.unparse(one) for one in each.decorator_list)
    ]
    constructor = next((each for each in methods if each.name == "__init__"), None)
    fields = _fields(node)
    if constructor:
        signature = _signature(node.name, _arguments(constructor.args)[1:])
    elif fields:
        signature = _signature(node.name, fields)
    else:
        signature = f"class {node.name}({', '.join(map(ast.unparse, node.bases))})"
    said = _code(signature) + docstrings.render(ast.get_docstring(node) or "")
    public = [each for each in methods if not each.name.startswith("_")]
    kinds = {each.name: set(map(ast.unparse, each.decorator_list)) for each in public}
    properties = [each for each in public if kinds[each.name] & {"property", "cached_property"}]
    if properties:
        said += ["**Properties**", ""]
    for each in properties:
        said += [f"`{each.name}`", f":   {docstrings.summary(ast.get_docstring(each) or '')}", ""]
    for each in public:
        if each not in properties:
            owner = f"{node.name}." if kinds[each.name] & {"classmethod", "staticmethod"} else "."
            said += [f"{'#' * (level + 1)} `{each.name}`", ""]
            said += _function(each, before=owner)
    return said


def _fields(node: ast.ClassDef) -> list[str]:
    """Return what a data class or named tuple is made of."""
    kinds = [ast.unparse(each) for each in (*node.decorator_list, *node.bases)]
    if not any("dataclass" in kind or "NamedTuple" in kind for kind in kinds):
        return []
    return [
        _argument(_target(each), each.annotation, each.value)
        for each in node.body
        if isinstance(each, ast.AnnAssign) and not _target(each).startswith("_")
    ]


def _arguments(arguments: ast.arguments) -> list[str]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + arguments.defaults
    said = [_argument(a.arg, a.annotation, d) for a, d in zip(plain, defaults, strict=True)]
    if arguments.posonlyargs:
        said.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg:
        said.append(_argument(f"*{arguments.vararg.arg}", arguments.vararg.annotation, None))
    elif arguments.kwonlyargs:
        said.append("*")
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        said.append(_argument(each.arg, each.annotation, default))
    if arguments.kwarg:
        said.append(_argument(f"**{arguments.kwarg.arg}", arguments.kwarg.annotation, None))
    return said


def _argument(name: str, annotation: ast.expr | None, default: ast.expr | None) -> str:
    kind = f": {_annotation(annotation)}" if annotation else ""
    if default is None:
        return name + kind
    # How a data class makes a default anew for each object says nothing to a reader.
    value = "..." if "field(" in ast.unparse(default) else ast.unparse(default)
    return f"{name}{kind} = {value}" if kind else f"{name}={value}"


def _annotation(node: ast.expr) -> str:
    # Names of libraries that are imported late stand in quotes.
    return str(node.value) if isinstance(node, ast.Constant) and node.value else ast.unparse(node)


def _signature(name: str, arguments: list[str], returns: str = "") -> str:
    # Python's own printer quotes with one stroke, the house with two.
    arguments = [argument.replace("'", '"') for argument in arguments]
    returns = returns.replace("'", '"')
    line = f"{name}({', '.join(arguments)}){returns}"
    if len(line) <= WIDTH or not arguments:
        return line
    return "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), f"){returns}"])
