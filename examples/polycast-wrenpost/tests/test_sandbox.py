"""The sandbox, the spec and the generated client agree."""

from collections.abc import Callable

import polycast
import pytest
from polycast import AuthenticationFailed, Client
from polycast.sandbox import host
from polycast.testing import CannedWire

from polycast_wrenpost._client import Client as Api
from polycast_wrenpost._client import models as m
from polycast_wrenpost.sandbox import WrenpostSandbox


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("send_sms", lambda api: api.send_sms(m.Sms(to="text", text="text"))),
        ("get_state", lambda api: api.get_state(id="text")),
        ("cancel", lambda api: api.cancel(m.Cancelled(id="text"))),
    ],
)
def test_what_the_spec_shows_is_understood(
    canned: CannedWire, wrenpost: Client, operation: str, call: Callable[[Api], object]
) -> None:
    """The generated client reads what the spec shows as an operation's answer."""
    shown = WrenpostSandbox.spec.operations[operation].success().response({})
    canned.answer(shown.status_code, shown.get_data())
    assert call(wrenpost.api) is not None


def test_credentials_are_asked_for() -> None:
    """The sandbox answers nobody who lacks the credentials that the spec asks for."""
    with host([WrenpostSandbox()]) as hosted:
        wrenpost = polycast.connect(
            "wrenpost",
            base_url=hosted.base_url("wrenpost"),
            key="wrong",
        )
        api: Api = wrenpost.api
        with wrenpost, pytest.raises(AuthenticationFailed):
            api.send_sms(m.Sms(to="text", text="text"))
