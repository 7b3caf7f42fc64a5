"""What a spec does not say is asked for, whatever its names suggest."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from polycast_codegen.cli import main

from .conftest import Written

Scaffold = Callable[[str, str], Written]


def _spec(*paths: tuple[str, str, dict[str, Any]], title: str = "Acme", **more: Any) -> str:
    """Return a document with an operation for each path; every one is answered in text."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": "https://acme.example"}],
        "paths": {
            path: {
                method: {
                    "responses": {
                        "200": {
                            "description": "Done.",
                            "content": {"text/plain": {"schema": {"type": "string"}}},
                        }
                    },
                    **words,
                }
            }
            for path, method, words in paths
        },
        **more,
    }
    return json.dumps(document)


def _joined(source: str) -> str:
    """Return source with sentences in one piece that stand in several string literals."""
    return re.sub(r'"\s+"', "", " ".join(source.split()))


def _tidy(written: Written) -> None:
    checked = written.run("ruff", "check", "--no-cache")
    formatted = written.run("ruff", "format", "--check", "--no-cache")
    assert checked.returncode == 0, checked.stdout
    assert formatted.returncode == 0, formatted.stdout


def _clean(written: Written) -> None:
    _tidy(written)
    typed = written.run("mypy", "--strict", "--cache-dir", str(written.cache))
    assert typed.returncode == 0, typed.stdout


def test_of_several_that_could_send_none_is_chosen(scaffold: Scaffold) -> None:
    """Where two calls could send a message, the hook asks which, and names them."""
    written = scaffold(
        "acme",
        _spec(
            ("/sms", "post", {"operationId": "send_sms"}),
            ("/viber", "post", {"operationId": "send_viber"}),
        ),
    )

    provider = _joined(written.read("provider"))
    assert "which call sends one message: send_sms, send_viber" in provider
    assert "the spec has none that only reads" in provider
    _clean(written)


def test_what_updates_or_deletes_is_no_call_that_sends(scaffold: Scaffold) -> None:
    """PUT, PATCH and DELETE change what there is already: as Infobip's `update_bulk` does."""
    updates = [
        (f"/{method}", method, {"operationId": f"{method}_sms"})
        for method in ("put", "patch", "delete")
    ]
    two = [(f"/{name}", "post", {"operationId": f"send_{name}"}) for name in ("sms", "viber")]

    asked = "which call sends one message: "
    provider = _joined(scaffold("acme", _spec(*updates, *two)).read("provider"))
    assert f'{asked}send_sms, send_viber"' in provider
    assert "self.api.put_sms: PUT /put" in provider
    assert f'{asked}the spec has none that could"' in _joined(
        scaffold("updating", _spec(*updates)).read("provider")
    )


def test_a_bulk_call_is_not_taken_for_the_other(scaffold: Scaffold) -> None:
    """A name that says several leaves the one that says one."""
    written = scaffold(
        "acme",
        _spec(
            ("/sms", "post", {"operationId": "sendSms"}),
            ("/bulk", "post", {"operationId": "sendBulkSms"}),
        ),
    )

    assert "what POST /sms is called with" in _joined(written.read("provider"))


def test_a_call_by_query_is_left_to_its_author(scaffold: Scaffold) -> None:
    """A send without a body shows what it is called with, and calls nothing yet."""
    parameters = [
        {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
        for name in ("to", "text")
    ]
    written = scaffold(
        "acme",
        _spec(
            ("/send", "get", {"operationId": "send", "x-safe": False, "parameters": parameters}),
            ("/state", "get", {"operationId": "state", "parameters": parameters[:1]}),
        ),
    )

    provider = written.read("provider")
    assert "# answer = self.api.send(" in provider
    assert "return to_status(self.api.state(to=id), id)" in provider
    _clean(written)


def test_a_scheme_of_its_own_becomes_an_auth_object(scaffold: Scaffold) -> None:
    """What the spec leaves to the plugin is a class to fill in, and no credential is dropped."""
    written = scaffold(
        "acme",
        _spec(
            ("/sms", "post", {"operationId": "send_sms"}),
            security=[{"signature": []}],
            components={
                "securitySchemes": {
                    "signature": {"type": "apiKey", "in": "query", "name": "s", "x-custom": True}
                }
            },
        ),
    )

    assert "return Signature(self.settings.signature)" in written.read("provider")
    assert "which header or field carries what" in written.read("auth")
    _clean(written)


@pytest.mark.parametrize(
    "title",
    [
        'A "title" """ of \\ quotes',
        "{{ title }} {% raw %}",
        "A very long title that says everything that there is to be said about a provider",
        "two\nlines",
        "Acme & Söhne",
        "import os",
    ],
)
def test_nothing_in_a_spec_becomes_code(scaffold: Scaffold, title: str) -> None:
    """Titles, paths, names and values of any kind leave a package that is whole and tidy."""
    odd = 'it\'s "odd" \\ {{ name }} {% x %} \u202e ' + "and goes on and on " * 8
    body = {
        "type": "object",
        "properties": {
            "to": {"type": "string", "description": odd},
            "text": {"type": "string"},
            "class": {"type": "string", "enum": [odd[:30], "b"], "description": odd},
        },
    }
    told = {
        "type": "object",
        "properties": {"status": {"type": "string", "x-known-values": [odd[:30], '"', "\\", "é"]}},
    }
    written = scaffold(
        "a" * 24,
        _spec(
            (
                "/a/very/long/path/that/never/seems/to/end/and/is/still/a/path/of/some/provider/"
                "somewhere/sms",
                "post",
                {
                    "operationId": "send_sms_that_has_a_name_of_some_length_for_no_good_reason",
                    "description": odd,
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": body}},
                    },
                    "responses": {
                        "200": {
                            "description": odd,
                            "content": {"application/json": {"schema": told}},
                        }
                    },
                },
            ),
            title=title,
            security=[{"k e y": []}],
            components={
                "securitySchemes": {
                    "k e y": {"type": "http", "scheme": "bearer", "description": odd}
                }
            },
        ),
    )

    _tidy(written)
    for path in written.folder.rglob("*.py"):
        compile(path.read_bytes(), str(path), "exec")


@pytest.mark.parametrize("name", ["polycast", "pytest", "message", "client", "m", "str"])
def test_a_name_that_means_something_else_does_no_harm(scaffold: Scaffold, name: str) -> None:
    """A provider may be called like what the written modules define or import."""
    receipt = {"type": "object", "properties": {"to": {"type": "string"}}}
    body = {"required": True, "content": {"application/json": {"schema": receipt}}}
    written = scaffold(
        name,
        _spec(
            ("/receipt", "post", {"operationId": "receipt", "requestBody": body}),
            ("/status", "get", {"operationId": "status"}),
        ),
    )

    _clean(written)


def test_the_client_is_the_one_that_the_generator_writes(scaffold: Scaffold) -> None:
    """A closed list of words is open in an answer from the beginning: a new word is kept."""
    answer = {"type": "object", "properties": {"state": {"enum": ["queued", "sent"]}}}
    told = {"description": "It.", "content": {"application/json": {"schema": answer}}}
    post = {"operationId": "send_sms", "responses": {"200": told}}
    written = scaffold("acme", _spec(("/sms", "post", post)))

    assert main(["check", str(written.folder / "acme.json"), str(written.source / "_client")]) == 0
    assert '"queued": State.UNKNOWN' in written.read("response")
