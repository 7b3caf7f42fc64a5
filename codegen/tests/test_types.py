"""Generated code satisfies mypy --strict and this project's ruff, whatever the spec holds."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ruff  # type: ignore[import-untyped]  # it ships no types

ROOT = Path(__file__).parents[2]
STRING = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
PATTERN = {"type": "string", "format": "x-strptime:%d.%m.%Y"}


def everything() -> dict[str, Any]:
    """Return properties of every type there is."""
    row = {"$ref": "#/components/schemas/Row"}
    plain: dict[str, Any] = {
        "string": STRING,
        "integer": {"type": "integer"},
        "number": {"type": "number"},
        "boolean": {"type": "boolean"},
        "enum": {"enum": ["a", "b"]},
        "numbers": {"enum": [1, 2]},
        "const": {"const": "x"},
        "moment": MOMENT,
        "date": {"type": "string", "format": "date"},
        "pattern": PATTERN,
        "epoch": {"type": "integer", "format": "x-epoch-seconds"},
        "null": {"type": "null"},
        "anything": {},
        "object": {"type": "object"},
        "row": row,
        "either": {"oneOf": [STRING, {"type": "integer"}, row]},
        "whenever": {"oneOf": [MOMENT, {"type": "boolean"}, {"type": "array", "items": STRING}]},
        "choice": {"oneOf": [{"enum": ["a"]}, {"type": "object", "additionalProperties": STRING}]},
    }
    all_: dict[str, Any] = dict(plain)
    for name, schema in plain.items():
        all_[f"list_of_{name}"] = {"type": "array", "items": schema}
        all_[f"tolerant_{name}"] = {"type": "array", "items": schema, "x-tolerate-invalid": True}
        all_[f"dict_of_{name}"] = {"type": "object", "additionalProperties": schema}
        if name not in ("null", "anything"):
            all_[f"nullable_{name}"] = {"oneOf": [schema, {"type": "null"}]}
    all_["lists"] = {"type": "array", "items": {"type": "array", "items": MOMENT}}
    return all_


def test_generated_code_is_clean(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any], tmp_path: Path
) -> None:
    """Every type, required and optional, in every format, passes both tools."""
    row = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Row"}}}
    optional = {"type": "object", "properties": everything()}
    required = {**optional, "required": list(everything()), "additionalProperties": MOMENT}
    # Capitals decide the order of these two in `__all__`.
    pair = {"Rows": row, "RowSet": row}
    built = build(spec({"Row": row, **pair, "Optional": optional, "Required": required}))
    forms = build(_forms(spec))
    folders = [str(built.folder), str(forms.folder)]
    settings = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    alone = ["--follow-imports", "silent"]
    checks = [
        [sys.executable, "-m", "mypy", "--strict", *settings, *alone],
        [ruff.find_ruff_bin(), "check", "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        [ruff.find_ruff_bin(), "check", "--no-cache", "--isolated"],
    ]
    # As in a plugin: the rules of the folder `_client` are told by its name.
    for number, folder in enumerate(folders):
        package = tmp_path / f"plugin_{number}"
        package.mkdir()
        (package / "__init__.py").write_text('"""A plugin."""\n')
        Path(folder).rename(package / "_client")
        folders[number] = str(package)
    for command in checks:
        done = subprocess.run(
            [*command, *folders], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _forms(spec: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    plain = {
        name: schema
        for name, schema in everything().items()
        if name in ("string", "integer", "number", "boolean", "enum", "numbers", "const")
        or name in ("moment", "date", "pattern", "epoch")
    }
    lists = {f"list_of_{name}": {"type": "array", "items": one} for name, one in plain.items()}
    file = {"type": "string", "format": "binary"}
    inner = {"type": "object", "properties": dict(plain)}
    wrapped = {
        f"wrapped_{name}": {"type": "array", "items": one, "xml": {"wrapped": True}}
        for name, one in plain.items()
    }
    bodies = {
        "application/x-www-form-urlencoded": {**plain, **lists},
        "multipart/form-data": {
            **plain,
            **lists,
            "file": file,
            "files": {"type": "array", "items": file},
        },
        "application/xml": {
            **plain,
            **lists,
            **wrapped,
            "inner": inner,
            "inners": {"type": "array", "items": inner, "x-tolerate-invalid": True},
        },
        "text/plain": None,
        "application/octet-stream": None,
    }
    paths = {}
    for number, (media_type, properties) in enumerate(bodies.items()):
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if number % 2:
            schema["required"] = list(properties or {})
        if properties is None:
            schema = STRING if media_type == "text/plain" else file
        answer = {**schema, "title": "Answer"} if "xml" in media_type else STRING
        answer_type = media_type if "xml" in media_type else "text/plain"
        paths[f"/{number}/{{day}}/{{when}}"] = {
            "post": {
                "operationId": f"post_{number}",
                "parameters": [
                    {
                        "name": "day",
                        "in": "path",
                        "required": True,
                        "schema": PATTERN,
                        "x-null": "-",
                    },
                    {"name": "when", "in": "path", "required": True, "schema": MOMENT},
                    {"name": "kind", "in": "query", "schema": {"enum": ["a", "b"]}},
                    {"name": "date", "in": "query", "schema": {"type": "string", "format": "date"}},
                ],
                "requestBody": {
                    "required": number % 2 == 0,
                    "content": {media_type: {"schema": schema}},
                },
                "responses": {
                    "200": {"description": "", "content": {answer_type: {"schema": answer}}},
                    "201": {
                        "description": "",
                        "content": {
                            "application/json": {"schema": {"type": "array", "items": MOMENT}}
                        },
                    },
                    "204": {"description": ""},
                },
            }
        }
    return spec({}, paths)
