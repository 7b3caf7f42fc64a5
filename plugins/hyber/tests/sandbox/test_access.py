"""The fake platform against Hyber's page: who may ask, for what, and what goes wrong."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from polycast.sandbox import ManualClock
from polycast_hyber.sandbox import HyberSandbox
from requests.auth import HTTPBasicAuth

Start = Callable[..., tuple[requests.Session, HyberSandbox]]
Body = dict[str, Any]

SMS: Body = {
    "channels": ["sms"],
    "channel_options": {"sms": {"text": "Hello", "alpha_name": "GMSU", "ttl": 300}},
}
SINGLE = SMS | {"phone_number": 380961111112}
LOST = SMS | {"phone_number": 380963333333}
LOST_BATCH = SMS | {"messages": [{"phone_number": 380963333333, "text": "Hello"}]}


# Who may ask, and for what.


@pytest.mark.parametrize(
    "credentials", [None, ("sandbox-login", "wrong"), ("wrong", "sandbox-password")]
)
def test_wrong_credentials_are_a_401(
    api: requests.Session, sandbox: HyberSandbox, credentials: tuple[str, str] | None
) -> None:
    """HTTP Basic is asked for; nothing is taken on without it."""
    api.auth = credentials
    answer = api.post("", json=SINGLE)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert sandbox.accepted == []


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic !!!", "Basic ї".encode()])
def test_a_broken_header_is_a_401(api: requests.Session, header: str | bytes) -> None:
    """What is no Basic credentials opens nothing."""
    api.auth = None
    assert api.post("", json=SINGLE, headers={"Authorization": header}).status_code == 401


def test_credentials_may_be_cyrillic(start: Start) -> None:
    """Login and password travel as UTF-8."""
    api, _ = start(login="логін", password="пароль")
    api.auth = HTTPBasicAuth("логін".encode(), "пароль".encode())
    assert "message_id" in api.post("", json=SINGLE).json()


def test_another_client_is_a_403(start: Start) -> None:
    """The credentials open one client's addresses."""
    api, sandbox = start(client_id="77")
    assert api.post("", json=SINGLE).status_code == 403
    assert sandbox.accepted == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "batch", 405), ("DELETE", "", 405), ("POST", "batch/", 404), ("GET", "jobs", 404)],
)
def test_other_addresses_lead_nowhere(
    api: requests.Session, method: str, path: str, status: int
) -> None:
    """A method or address that the page does not name is refused; so is a slash too many."""
    url = "batch//" if path == "batch/" else path
    assert api.request(method, url).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "status/66591729-cb47-5ef9-964b-949dc6aff84f",
        "api/dr/9f60ac8f-e721-5027-b838-e6fcb95fcd7a/simple",
        "api/dr/9f60ac8f-e721-5027-b838-e6fcb95fcd7a/advanced",
        "api/dr/external/nobody/simple",
        "api/dr/external/nobody/advanced",
    ],
)
def test_an_unknown_id_is_a_404(api: requests.Session, path: str) -> None:
    """Campaigns and messages that are not there are not found."""
    assert api.get(path).status_code == 404


# What goes wrong.


@pytest.mark.parametrize("path", ["", "batch", "batch/sync"])
def test_a_reply_is_lost_by_number(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock, path: str
) -> None:
    """A number ending in 3333 gets its message, the sender no reply."""
    body = LOST if path == "" else LOST_BATCH
    with pytest.raises(requests.ConnectionError):
        api.post(path, json=body)
    clock.advance(10)
    assert [message.to for message in sandbox.inbox] == ["380963333333"]
