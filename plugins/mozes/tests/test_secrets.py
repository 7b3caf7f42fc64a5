"""Neither of the two secrets is ever shown."""

import logging
import traceback
from collections.abc import Callable

import pytest
from polycast import (
    Broadcast,
    Client,
    PolycastError,
)
from polycast.testing import CannedWire

from .calls import READS, SENDS, Call
from .conftest import Connect, Told

KEY = "KEY-SENTINEL"
SECRET = "SECRET-SENTINEL"
NAMED = ("client_id", "mozes_id", "delivered")


def shown(error: BaseException) -> str:
    """Everything that an error shows of itself: its traceback, its causes, its attributes."""
    text = "".join(traceback.TracebackException.from_exception(error).format())
    return text + repr(error) + repr(vars(error)) + str(getattr(error, "raw", ""))


@pytest.mark.parametrize("secret", [KEY, SECRET])
@pytest.mark.parametrize("call", [SENDS["to a user"], READS["status"], READS["lookup"]])
@pytest.mark.parametrize(
    "fail",
    [
        lambda wire, told, secret: wire.lose(),
        lambda wire, told, secret: wire.refuse_connection(),
        lambda wire, told, secret: wire.answer(200, f"<html><title>{secret}</title></html>"),
        lambda wire, told, secret: wire.answer(500, f"not for {secret}"),
        lambda wire, told, secret: wire.answer(json=told(code=10001, name="KEY", text=secret)),
        lambda wire, told, secret: wire.answer(json=told(code=secret, name=secret, text=secret)),
        lambda wire, told, secret: wire.answer(json=told({each: [secret] for each in NAMED})),
        lambda wire, told, secret: wire.answer(
            json=told({"client_id": "", "mozes_id": "", "delivered": None}, text=secret)
        ),
        lambda wire, told, secret: wire.answer(302, "", headers={"Location": f"/{secret}"}),
    ],
)
def test_errors_show_no_secret(
    connect: Connect,
    told: Told,
    caplog: pytest.LogCaptureFixture,
    fail: Callable[[CannedWire, Told, str], CannedWire],
    call: Call,
    secret: str,
) -> None:
    """Neither header's secret is in an error, its causes, its raw answer or the log."""
    caplog.set_level(logging.DEBUG)
    wire = CannedWire()
    client = wire.attach(connect())
    for _ in range(5):
        fail(wire, told, secret)
    try:
        text = f"{call(client)}{caplog.text}"
    except PolycastError as error:
        text = shown(error) + caplog.text
    assert (wire.sent[0].headers["X-API-Key"], wire.sent[0].headers["X-API-Shared-Secret"]) == (
        KEY, SECRET,
    )  # fmt: skip
    for each in (KEY, SECRET):
        assert each not in text


def test_refused_recipients_show_no_secret(wire: CannedWire, client: Client, told: Told) -> None:
    """What a receipt keeps of a refusal has no secret either."""
    wire.answer(json=told(code=11003, name="USER_BLOCKED", text=f"for {KEY} and {SECRET}"))
    (receipt,) = client.send_bulk(Broadcast(text="Hi", recipients=["+13105551111"])).receipts
    assert receipt.detail == "USER_BLOCKED: for *** and ***"
    assert KEY not in f"{receipt} {receipt.raw}"
    assert SECRET not in f"{receipt} {receipt.raw}"


def test_nothing_shows_secrets(wire: CannedWire, client: Client, told: Told) -> None:
    """Neither the client, nor the provider, its settings or its credentials print a secret."""
    wire.answer(json=told({"delivered": 0}))
    status = client.status("a1")
    transport = client.api.transport
    things = (client, client.provider, client.provider.settings, client.api, transport, status)
    text = "".join(map(repr, things)) + repr(transport.auth) + str(client.provider.settings)
    assert KEY not in text
    assert SECRET not in text
