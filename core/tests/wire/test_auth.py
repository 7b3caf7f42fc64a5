"""Where keys that travel in the body are put, byte for byte; several credentials at once."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Secret, wire
from polycast.errors import UsageError
from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from .conftest import Api, ScriptedServer

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
URL = "https://acme.example/things"


def applied(body: bytes | None, media_type: str, secret: str = "t-1") -> PreparedRequest:
    """Return a request that carries the key as well as this body."""
    request = PreparedRequest()
    request.url, request.body = URL, body
    request.headers = CaseInsensitiveDict({"Content-Type": media_type})
    wire.BodyKey("token").auth(Secret(secret)).apply(request)
    return request


@pytest.mark.parametrize(
    ("media_type", "body", "carried"),
    [
        (FORM, b"a=1&b=2", b"a=1&b=2&token=t-1"),
        (FORM, b"", b"token=t-1"),
        (JSON, b'{"a":1}', b'{"token":"t-1","a":1}'),
        (JSON, b"{}", b'{"token":"t-1"}'),
    ],
)
def test_a_key_is_put_into_the_body(media_type: str, body: bytes, carried: bytes) -> None:
    """A form gets one more field, an object one more property."""
    request = applied(body, media_type)

    assert request.body == carried
    assert request.url == URL


def test_a_request_without_body_has_the_key_in_its_query() -> None:
    """There is nowhere else for it: the address carries it."""
    assert applied(None, "").url == f"{URL}?token=t-1"


@pytest.mark.parametrize(("media_type", "body"), [(JSON, b"[1]"), ("text/plain", b"hello")])
def test_a_body_without_names_is_refused(media_type: str, body: bytes) -> None:
    """What is no form and no object is not sent without its key, nor with it in the address."""
    with pytest.raises(UsageError, match="cannot carry 'token'") as caught:
        applied(body, media_type)

    assert "t-1" not in str(caught.value)


@given(st.text(st.characters(codec="utf-8")))
def test_any_secret_arrives_as_it_is(secret: str) -> None:
    """Quotes, ampersands and letters of every script survive the way."""
    form = applied(b"a=1", FORM, secret).body
    document = applied(b'{"a":"{"}', JSON, secret).body

    assert isinstance(form, bytes)
    assert isinstance(document, bytes)
    assert parse_qsl(form.decode(), keep_blank_values=True) == [("a", "1"), ("token", secret)]
    assert json.loads(document) == {"token": secret, "a": "{"}


def test_a_key_is_put_there_once_for_each_try(
    make_api: Callable[..., Api], server: ScriptedServer
) -> None:
    """A request that is tried again carries its key once, and its address never does."""
    api = make_api(auth=wire.BodyKey("token").auth(Secret("t-1")))
    server.json(429, {}, "Retry-After: 0")
    server.json(200, {})

    api.submit({"text": "hello"})

    assert len(server.requests) == 2
    for request in server.requests:
        assert request.startswith(b"POST /v1/things HTTP/1.1\r\n")
        assert request.endswith(b"\r\n\r\ntext=hello&token=t-1")


@attrs.frozen
class Signs(wire.NoAuth):
    """Supplies one parameter, as a signature does."""

    name: str = ""

    def supply(self, call: wire.Call, names: tuple[str, ...]) -> Mapping[str, str]:
        return {self.name: f"{self.name} of {call.operation}"}


def test_several_credentials_travel_together() -> None:
    """Each part puts its own where it belongs, and the secrets of all are known."""
    both = wire.AllOf(
        (wire.HeaderKey("X-Key").auth(Secret("k-1")), wire.BodyKey("token").auth(Secret("t-1")))
    )
    request = PreparedRequest()
    request.url, request.body = URL, b"a=1"
    request.headers = CaseInsensitiveDict({"Content-Type": FORM})

    both.apply(request)

    assert request.headers["X-Key"] == "k-1"
    assert request.body == b"a=1&token=t-1"
    assert both.secrets == ("k-1", "t-1")


def test_several_parts_supply_together() -> None:
    """What the spec leaves to the credentials comes from whichever part has it."""
    call = wire.Call(operation="pause", method="GET", path_values=())

    supplied = wire.AllOf((wire.NoAuth(), Signs(name="key"), Signs(name="signature"))).supply(
        call, ("key", "signature")
    )

    assert supplied == {"key": "key of pause", "signature": "signature of pause"}


@pytest.mark.parametrize("scheme", [wire.HeaderKey("X-Key"), wire.QueryKey("q"), wire.BodyKey("b")])
def test_credentials_do_not_print(scheme: wire.HeaderKey | wire.QueryKey | wire.BodyKey) -> None:
    """What applies a secret does not show it, alone or among others."""
    auth = scheme.auth(Secret("sentinel-42"))

    assert "sentinel-42" not in repr(auth) + repr(wire.AllOf((auth,)))
    assert "sentinel-42" not in repr(wire.Basic().auth("me", Secret("sentinel-42")))
