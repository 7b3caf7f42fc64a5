"""A provider's own spec: some of its operations, an overlay beside it, a newer version of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polycast_codegen.cli import main

FIELDS = {"to": {"type": "string"}, "when": {"type": "string"}}
ANSWER = {
    "200": {
        "description": "",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"id": {"type": "string"}}}
            }
        },
    }
}


def vendor(spec: Callable[..., dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Return a provider's spec; one of its operations cannot be read."""
    schema = {"type": "object", "required": ["to"], "properties": {**FIELDS, **fields}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    send = {"operationId": "send", "requestBody": body, "responses": ANSWER}
    bad = {"operationId": "bad", "responses": ANSWER, "parameters": [{"in": "query"}]}
    tell = {"parameters": [], "responses": ANSWER}
    return spec({}, {"/messages": {"post": send, "get": bad}, "/messages/{id}": {"get": tell}})


@pytest.fixture
def path(tmp_path: Path, spec: Callable[..., dict[str, Any]]) -> Path:
    """Return the file of the provider's spec."""
    path = tmp_path / "vendor.json"
    path.write_text(json.dumps(vendor(spec)))
    return path


def test_only_what_is_named_is_read(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names come with commas or repeated, as ids or as methods and paths; the header keeps them."""
    out = path.with_name("_client")
    assert main(["generate", str(path), str(out)]) == 2
    only = ["--only", "send", "--only", "get /messages/{id}"]
    assert main(["generate", str(path), str(out), *only]) == 0
    client = (out / "client.py").read_text()
    assert "def send(" in client
    assert "def get_messages_id(" in client
    assert "bad" not in client
    assert "bad" not in (out / "vendor.json").read_text()
    capsys.readouterr()
    assert main(["check", str(path), str(out)]) == 0
    assert main(["check", str(path), str(out), "--only", "send"]) == 1


def test_a_name_that_is_not_there(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told with the names that are like it, and nothing is written."""
    out = path.with_name("_client")
    assert main(["generate", str(path), str(out), "--only", "sent,nothing"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "no operation 'sent'; it has 'send'" in told[0]
    assert not out.exists()


def overlay(path: Path, *actions: dict[str, Any]) -> list[str]:
    """Write an overlay beside a spec, and return the options that apply it."""
    file = path.with_name("vendor.overlay.yaml")
    file.write_text(
        json.dumps({"overlay": "1.0.0", "info": {"title": "", "version": "1"}, "actions": actions})
    )
    return ["--only", "send", "--overlay", str(file)]


def test_an_overlay(path: Path) -> None:
    """Its actions are carried out before the spec is read; the file itself stays as it is."""
    out, before = path.with_name("_client"), path.read_bytes()
    schema = "$.paths['/messages'].post.requestBody.content['application/json'].schema"
    options = overlay(
        path,
        {"target": "$.paths['/messages'].post", "update": {"x-safe": True}},
        {"target": f"{schema}.properties.when", "update": {"format": "date-time"}},
        {"target": f"{schema}.properties.to", "remove": True},
        {"target": f"{schema}.required", "update": "when"},
    )
    assert main(["generate", str(path), str(out), *options]) == 0
    assert "safe=True" in (out / "client.py").read_text()
    models = (out / "models.py").read_text()
    assert "    when: dt.datetime\n" in models
    assert "    to: str" not in models
    assert path.read_bytes() == before
    assert main(["check", str(path), str(out)]) == 0
    file = path.with_name("vendor.overlay.yaml")
    file.write_text(file.read_text().replace("date-time", "date"))
    assert main(["check", str(path), str(out)]) == 1


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"target": "$.nothing", "remove": True}, "is not in the spec"),
        ({"target": "$[", "remove": True}, "is no JSONPath"),
        ({"target": "$.openapi", "update": {}}, "no object and no list"),
        ({}, "expected a `target`"),
    ],
)
def test_an_action_that_cannot_be_carried_out(
    action: dict[str, Any], words: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target that is not there any more is told, rather than passed over."""
    out = path.with_name("_client")
    assert main(["generate", str(path), str(out), *overlay(path, action)]) == 2
    told = capsys.readouterr().err
    assert "overlay.actions[0]" in told
    assert words in told


def test_a_newer_spec(
    path: Path, spec: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """`check --against` names changes of the client's operations, and ignores other operations."""
    out = path.with_name("_client")
    assert main(["generate", str(path), str(out), "--only", "send"]) == 0
    newer = path.with_name("newer.json")
    changed = vendor(spec, when={"type": "integer"}, sender={"type": "string"})
    del changed["paths"]["/messages"]["get"]
    newer.write_text(json.dumps(changed))
    capsys.readouterr()
    assert main(["check", str(path), str(out), "--against", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", str(path), str(out), "--against", str(newer)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "send, body.when was str, optional, and is int, optional",
        "send, body.sender is new: str, optional",
    ]
