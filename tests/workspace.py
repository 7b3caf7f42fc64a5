"""What the workspace consists of, for the tests that look at all of it."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[1]


@attrs.frozen
class Distribution:
    """One of the workspace's own, as its source says it is."""

    folder: Path

    @property
    def project(self) -> dict[str, Any]:
        table: dict[str, Any] = read_toml(self.folder / "pyproject.toml")["project"]
        return table

    @property
    def name(self) -> str:
        return str(self.project["name"])

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.package

    def modules(self) -> Iterator[tuple[str, Path]]:
        """Every module's dotted name and file."""
        for path in sorted(self.source.rglob("*.py")):
            parts = path.relative_to(self.source.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


CORE = Distribution(ROOT / "core")
CODEGEN = Distribution(ROOT / "codegen")
PLUGINS = [Distribution(path.parent) for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
DISTRIBUTIONS = [CORE, CODEGEN, *PLUGINS]


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def imports(module: str, path: Path) -> Iterator[tuple[str, str | None]]:
    """Every import of a module: the module it imports from, and the name it takes.

    Imports inside functions and for type checkers alone are in it too.
    """
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield source, alias.name
