"""Packages whose parts are imported when they are first named, and what completion offers of each.

A package calls `lazy` once. Its modules are then attributes that load on first use, and ``dir`` of the package, and of
every module in it, has the public names that are written there: no imports, nothing private.
"""

import ast
import importlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any


def lazy(package: str, parts: Iterable[str] = (), functions: Mapping[str, Iterable[str]] | None = None) -> None:
    """Makes a package lazy, by its full name: it offers `parts` (all public modules when empty) and `functions` of its modules."""
    found = sys.modules[package]
    folder = Path(str(found.__file__)).parent
    homes = {name: home for home, names in (functions or {}).items() for name in names}
    modules = tuple(parts) or tuple(
        sorted(
            path.stem
            for path in folder.iterdir()
            if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").is_file())
        )
    )
    offered = [*homes, *modules]

    def get(name: str) -> Any:
        if name in homes:
            return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"{package} has no {name!r}; it has {', '.join(offered)}")

    # Functions of the module, not methods of its class: completion trusts only these.
    vars(found).update(__getattr__=get, __dir__=lambda: offered, __all__=offered)
    found.__class__ = _Package


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        # Python sets a module that was imported as an attribute of its package.
        if isinstance(value, ModuleType) and not hasattr(value, "__path__"):
            vars(value)["__dir__"] = lambda: _public(value)
        super().__setattr__(name, value)


def _public(module: ModuleType) -> list[str]:
    """The public names that a module defines itself, in its order."""
    found = []
    for node in ast.parse(Path(str(module.__file__)).read_bytes()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]
