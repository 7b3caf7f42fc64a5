"""Credentials, addresses, methods and HTTP statuses of the fake server."""

from collections.abc import Callable
from typing import Any

import pytest
from polycast.sandbox import Error, Garbage, Throttle

SEND = "broadcast/send_sms_to_user"
PRINTED = "broadacst/send_sms_to_user"
BODY = {"project_id": 456442, "mozes_id": 1483228, "message": "Hello"}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "wrong"},
        {"X-API-Shared-Secret": "wrong"},
        {"X-API-Key": None},
        {"X-API-Shared-Secret": None},
        {"X-API-Key": "sandbox-secret", "X-API-Shared-Secret": "sandbox-key"},
    ],
)
def test_wrong_credentials_are_a_401(api: Any, headers: dict[str, str | None]) -> None:
    """Both headers have to be right; the envelope names the key, and nothing was sent."""
    answer = api.post(f"{api.root}/{SEND}", json=BODY, headers=headers, timeout=60)
    status = answer.json()["status"]
    assert (answer.status_code, status["code"], status["message"]) == (
        401,
        10000,
        "INVALID_API_KEY",
    )
    assert "sandbox" not in answer.text
    assert api.sandbox.accepted == []


def test_credentials_are_not_kept(api: Any) -> None:
    """The log of requests does not hold the key and the secret."""
    api.ok(SEND, BODY)
    assert "sandbox-" not in str(dict(api.sandbox.requests[0].headers))


def test_credentials_are_a_setting(start: Callable[..., Any]) -> None:
    """A sandbox with another key does not open to the usual one."""
    api = start(api_key="k", shared_secret="s")
    assert api.code(SEND, BODY) == 10000
    api.headers.update({"X-API-Key": "k", "X-API-Shared-Secret": "s"})
    assert api.code(SEND, BODY) == 0


@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_the_status_of_refusals_is_a_setting(start: Callable[..., Any], status: int) -> None:
    """Nobody knows it, so it can be any; success is 200, and the envelope says the same."""
    api = start(error_status=status)
    assert api.ask(SEND, BODY).status_code == 200
    refused = api.ask(SEND, BODY | {"mozes_id": 455327})
    assert (refused.status_code, refused.json()["status"]["code"]) == (status, 14001)
    api.headers["X-API-Key"] = "wrong"
    refused = api.ask(SEND, BODY)
    assert (refused.status_code, refused.json()["status"]["code"]) == (status, 10000)


@pytest.mark.parametrize(
    ("spelling", "served"),
    [("both", {SEND, PRINTED}), ("corrected", {SEND}), ("printed", {PRINTED})],
)
def test_the_misspelt_address_can_be_had(
    start: Callable[..., Any], spelling: str, served: set[str]
) -> None:
    """Both addresses do the same unless one of them is not there, which is a 404 without effect."""
    api = start(spelling=spelling)
    for path in (SEND, PRINTED):
        answer = api.ask(path, BODY)
        assert answer.status_code == (200 if path in served else 404)
        assert answer.headers["Content-Type"].startswith("application/json") == (path in served)
    assert len(api.sandbox.accepted) == len(served)
    assert api.code("broadcast/send_sms_to_users", BODY | {"mozes_ids": [1483228]}) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "user/lookup", 405),
        ("PUT", SEND, 405),
        ("POST", "user/delete", 404),
        ("POST", "broadcast/send_sms_to_users/", 404),
    ],
)
def test_other_addresses_and_methods_are_not_there(
    api: Any, method: str, path: str, status: int
) -> None:
    """There is no envelope around what the API does not know."""
    answer = api.request(method, f"{api.root}/{path}", json={}, timeout=60)
    assert (answer.status_code, answer.text[:1]) == (status, "T")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"\xff", "application/json"),
        (b'{"phone": "14155551234"}', "text/plain"),
        (b'{"phone": "14155551234"}', None),
        (b"phone=14155551234", "application/x-www-form-urlencoded"),
    ],
)
def test_bodies_are_json(api: Any, body: bytes, kind: str | None) -> None:
    """What is not JSON, or does not say that it is, is refused in an envelope."""
    headers = {"Content-Type": kind}
    answer = api.post(f"{api.root}/user/lookup", data=body, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["status"]["code"]) == (200, 10001)


@pytest.mark.parametrize(
    ("fault", "status"), [(Throttle(7), 429), (Error(503), 503), (Garbage(), 200)]
)
def test_what_stands_before_the_api_knows_no_envelope(api: Any, fault: Any, status: int) -> None:
    """A limit, a broken server and a page of another are told without one, and do nothing."""
    api.sandbox.faults.add(fault)
    answer = api.ask(SEND, BODY)
    assert (answer.status_code, answer.text.startswith("{")) == (status, False)
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert api.sandbox.accepted == []
