"""Forms and multipart bodies: plain values as text, files as they are."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from polycast import CallbackRequest
from polycast.providers import form_fields
from polycast.wire import UNSET, DecodeError, EncodeError, File

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@pytest.fixture
def form(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that generates a client that sends this form."""

    def form_(media_type: str, required: tuple[str, ...] = (), **properties: Any) -> Any:
        schema = {"type": "object", "properties": properties, "required": list(required)}
        post = {
            "operationId": "send",
            "requestBody": {"required": True, "content": {media_type: {"schema": schema}}},
            "responses": {"204": {"description": ""}},
        }
        return build(spec({}, {"/x": {"post": post}}))

    return form_


def test_a_form(form: Callable[..., Any]) -> None:
    """Plain values are written as text, lists repeat their name, what is unset stays out."""
    built = form(
        FORM,
        text={"type": "string"},
        size={"type": "integer"},
        ratio={"type": "number"},
        flag={"type": "boolean"},
        kind={"enum": ["a", "b"]},
        when={"type": "string", "format": "date-time"},
        day={"type": "string", "format": "date"},
        at={"type": "integer", "format": "x-epoch-seconds"},
        phones={"type": "array", "items": {"type": "string"}},
        left_out={"type": "string"},
    )
    value = built.models.SendBody(
        text=" x ",
        size=-1,
        ratio=1.5,
        flag=False,
        kind="b",
        when=dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        day=dt.date(2020, 1, 2),
        at=dt.datetime(1970, 1, 1, 0, 1, tzinfo=dt.UTC),
        phones=["1", "2"],
    )
    assert built.write(value, "form") == {
        "text": " x ",
        "size": "-1",
        "ratio": "1.5",
        "flag": "false",
        "kind": "b",
        "when": "2020-01-02T03:04:05Z",
        "day": "2020-01-02",
        "at": "60",
        "phones": ["1", "2"],
    }
    _, kwargs = built.calls("send", value)
    assert kwargs == {"body": ("form", value)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("text", value) for value in (None, 1, b"x", ["x"])),
        *(("size", value) for value in (None, "1", True, 1.0)),
        *(("ratio", value) for value in (None, "1", True, float("nan"), float("inf"))),
        *(("flag", value) for value in (None, "false", 0)),
        *(("kind", value) for value in (None, "c", 1)),
        *(("when", value) for value in (None, "2020-01-02", dt.datetime(2020, 1, 2))),  # noqa: DTZ001
        *(("day", value) for value in (None, "2020-01-02", dt.datetime(2020, 1, 2, tzinfo=dt.UTC))),
        *(("phones", value) for value in (None, "12", [1], {"1"})),
    ],
)
def test_a_form_is_strict(name: str, value: object, form: Callable[..., Any]) -> None:
    """A value of another type is refused, not turned into text."""
    built = form(
        FORM,
        text={"type": "string"},
        size={"type": "integer"},
        ratio={"type": "number"},
        flag={"type": "boolean"},
        kind={"enum": ["a", "b"]},
        when={"type": "string", "format": "date-time"},
        day={"type": "string", "format": "date"},
        phones={"type": "array", "items": {"type": "string"}},
    )
    with pytest.raises(EncodeError, match=rf"^\$\.{name}"):
        built.write(built.models.SendBody(**{name: value}), "form")


def test_a_multipart_body(form: Callable[..., Any]) -> None:
    """Files travel as they are beside text, one or several under a name."""
    file = {"type": "string", "format": "binary"}
    built = form(
        MULTIPART,
        ("file",),
        file=file,
        more={"type": "array", "items": file},
        note={"type": "string"},
    )
    one, two = File("a.txt", b"a", "text/plain"), File("b.bin", b"b")
    value = built.models.SendBody(file=one, more=[one, two], note="x")
    assert built.write(value, "multipart") == {"file": one, "more": [one, two], "note": "x"}
    assert built.write(built.models.SendBody(file=one), "multipart") == {"file": one}
    for bad in (b"bytes", "text", None):
        with pytest.raises(EncodeError, match=r"^\$\.file: expected a polycast\.wire\.File"):
            built.write(built.models.SendBody(file=bad), "multipart")
    with pytest.raises(EncodeError, match=r"^\$\.more\[1\]: "):
        built.write(built.models.SendBody(file=one, more=[one, b"x"]), "multipart")


def test_a_pushed_form_is_read(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """Texts, numbers, lists and objects of a callback, as `form_fields` gives them."""
    text = {"type": "string"}
    report = {
        "type": "object",
        "required": ["MessageSid"],
        "properties": {
            "MessageSid": text,
            "ErrorCode": {"type": ["integer", "null"]},
            "Price": {"type": "number"},
            "Final": {"type": "boolean"},
            "Sent": {"type": "string", "format": "x-rfc2822"},
            "At": {"type": "integer", "format": "x-epoch-seconds"},
            "State": {"enum": ["sent", "failed"]},
            "Media": {"type": "array", "items": text},
            "Parts": {"type": "array", "items": {"type": "integer"}},
            "Meta": {"type": "object", "properties": {"a": text}},
            "Later": text,
        },
        "x-payload": "form",
    }
    empty = {"get": {"operationId": "x", "responses": {"204": {"description": ""}}}}
    built = build(spec({"Report": report}, {"/x": empty}))
    body = (
        b"MessageSid=0071&ErrorCode=30003&Price=-0.0075&Final=true&At=60&State=sent"
        b"&Sent=Thu%2C+24+Aug+2023+05%3A01%3A45+%2B0000&Media=a&Media=1&Parts=1&Parts=2"
        b"&Meta=%7B%22a%22%3A%22%C3%A9%22%7D&Unknown=1"
    )

    found = built.read("Report", form_fields(CallbackRequest(body=body)), "form")
    assert found == built.models.Report(
        message_sid="0071",
        error_code=30003,
        price=-0.0075,
        final=True,
        sent=dt.datetime(2023, 8, 24, 5, 1, 45, tzinfo=dt.UTC),
        at=dt.datetime(1970, 1, 1, 0, 1, tzinfo=dt.UTC),
        state="sent",
        media=["a", "1"],
        parts=[1, 2],
        meta=built.models.ReportMeta(a="é"),
    )
    assert built.read("Report", built.write(found, "form"), "form") == found

    odd = form_fields(
        CallbackRequest(body=b"MessageSid=1&MessageSid=2&ErrorCode=&Final=yes&Media=a")
    )
    found = built.read("Report", odd, "form")
    assert (found.message_sid, found.media) == ("2", ["a"])
    assert (found.error_code, found.final) == (UNSET, UNSET)
    assert dict(found.unread) == {"ErrorCode": "", "Final": "yes"}
    for useless in ({"Other": ["1"]}, None, "MessageSid=1"):
        with pytest.raises(DecodeError):
            built.read("Report", useless, "form")
