"""The normal form as the parser is given it: what it needs for names, and marked."""

from collections.abc import Mapping
from typing import Any

__all__ = ["tagged"]


def tagged(document: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a document in normal form.

    The parser drops most of what a schema or operation says, but hands its description on: in
    the copy that is the class's or operation's own name, by which what the parser found is led
    back to the whole of it. All payloads are called JSON, since only the schemas matter.
    """
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": "1"},
        "paths": {
            f"/{index}{_templates(one)}": {method: _operation(one)}
            for index, (method, one) in enumerate(
                (method, one) for item in document["paths"].values() for method, one in item.items()
            )
        },
        "components": {
            "schemas": {
                name: {
                    "type": "object",
                    "description": name,
                    "properties": {
                        one.get("x-python-name", wire): _schema(one)
                        for wire, one in words["properties"].items()
                    },
                    "required": [
                        words["properties"][one].get("x-python-name", one)
                        for one in words["required"]
                    ],
                    "additionalProperties": False,
                }
                for name, words in document["components"]["schemas"].items()
            }
        },
    }


def _templates(words: Mapping[str, Any]) -> str:
    asked = [one for one in words["parameters"] if one["in"] == "path"]
    return "".join(f"/{{{one.get('x-python-name', one['name'])}}}" for one in asked)


def _operation(words: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "operationId": words["x-python-name"],
        "description": words["x-python-name"],
        "parameters": [
            {
                "name": one.get("x-python-name", one["name"]),
                "in": one["in"],
                "required": one["required"],
                "schema": {"type": "string"},
            }
            for one in words["parameters"]
        ],
        # Bodies and answers are in the components, where they have names.
        "responses": {"200": {"description": ""}},
    }


def _schema(words: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in words:
        return {"$ref": words["$ref"]}
    if "oneOf" in words:
        return {"oneOf": [_schema(one) for one in words["oneOf"]]}
    match words.get("type"):
        case "array":
            return {"type": "array", "items": _schema(words["items"])}
        case "object":
            additional = words["additionalProperties"]
            return {
                "type": "object",
                "additionalProperties": additional if additional is True else _schema(additional),
            }
        case str() as kind:
            return {"type": kind}
    return {}
