"""What a run depends on of a package's face: which names it has from the modules that it imported.

A face is a table, module → public names, and computes nothing. If a new module gets a name there,
no chapter can have used it, and none must be executed again. If a name moves to another module, or
is taken away, then the line of the module that it came from has changed, and whoever imported that
module is stale.
"""

import ast
import hashlib
import json
from collections.abc import Collection, Mapping

Doors = Mapping[str, tuple[str, ...]]
"""Module of the package → public names that it defines."""


def doors(source: str) -> Doors | None:
    """Return the table of a face, or None for a module that does anything else.

    A face holds imports, ``__all__`` and ``__getattr__, __dir__ = lazy_names.attach(__name__, …)``;
    what only a type checker reads may stand under ``if TYPE_CHECKING:``.
    """
    table: Doors | None = None
    for node in ast.parse(source).body:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
                pass
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                pass
            case ast.Assign(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id="lazy_names"), attr="attach"),
                    args=[ast.Name(id="__name__"), ast.Dict() as written],
                )
            ):
                table = ast.literal_eval(written)
            case _:
                return None
    return table


def digest(table: Doors, imported: Collection[str]) -> str:
    """Return the sha256 of what the table says of the modules that were imported."""
    said = {module: sorted(names) for module, names in table.items() if module in imported}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
