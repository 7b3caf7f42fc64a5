"""Specs written in the tests, and the clients generated from them."""

import importlib.util
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from polycast_codegen.check import files_of, write_files
from polycast_codegen.document import SpecFile

_numbers = itertools.count()


@attrs.frozen
class Built:
    """A generated client, imported."""

    folder: Path
    models: ModuleType
    client: ModuleType

    @property
    def sources(self) -> str:
        """Everything generated, as one text."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.py")))

    def read(self, name: str, data: object, format_: str = "json") -> Any:
        """Decode data as the class of this name."""
        return self.models.CONVERTERS[format_].structure(data, getattr(self.models, name))

    def write(self, value: object, format_: str = "json") -> Any:
        """Encode an object."""
        return self.models.CONVERTERS[format_].unstructure(value)

    def calls(self, operation: str, *args: object, **kwargs: object) -> tuple[Any, dict[str, Any]]:
        """Call a method whose `_call` only notes what it is given."""
        noted: list[tuple[Any, dict[str, Any]]] = []

        class Noting(self.client.Client):  # type: ignore[name-defined,misc]
            def _call(self, *args: object, **kwargs: object) -> None:
                noted.append((args, kwargs))

        getattr(object.__new__(Noting), operation)(*args, **kwargs)
        return noted[0]


def document(
    schemas: dict[str, Any] | None = None,
    paths: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a document; each object schema is then both sent and answered, as JSON."""
    if paths is None:
        paths = {}
        for name, schema in (schemas or {}).items():
            if schema.get("type", "object") != "object" or schema.get("x-payload"):
                continue
            content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
            paths[f"/{len(paths)}"] = {
                "post": {
                    "operationId": f"post_{len(paths)}",
                    "requestBody": {"required": True, "content": content},
                    "responses": {"200": {"description": "", "content": content}},
                }
            }
    components = {"schemas": schemas or {}, **more.pop("components", {})}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1"},
        "servers": [{"url": "https://acme.example"}],
        "paths": paths,
        "components": components,
        **more,
    }


@pytest.fixture
def spec() -> Callable[..., dict[str, Any]]:
    """Return the function that makes a small document."""
    return document


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Built]]:
    """Return the function that generates a client and imports it."""
    names: list[str] = []

    def build_(source: dict[str, Any] | str, name: str = "acme.json") -> Built:
        content = source if isinstance(source, str) else json.dumps(source)
        package = f"generated_{next(_numbers)}"
        names.append(package)
        folder = tmp_path / package
        write_files(files_of(SpecFile(name, content.encode())), folder)
        module_spec = importlib.util.spec_from_file_location(
            package, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert module_spec is not None
        assert module_spec.loader is not None
        module = importlib.util.module_from_spec(module_spec)
        sys.modules[package] = module
        module_spec.loader.exec_module(module)
        return Built(folder, sys.modules[f"{package}.models"], sys.modules[f"{package}.client"])

    yield build_
    for name in [key for key in sys.modules if key.partition(".")[0] in names]:
        del sys.modules[name]
