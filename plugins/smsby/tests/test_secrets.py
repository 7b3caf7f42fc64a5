"""The token: where it travels, and that it is shown nowhere."""

import logging
import traceback
from typing import Any
from urllib.parse import quote

import polycast
import pytest
import requests
import urllib3
from polycast import Broadcast, Message, PolycastError
from polycast.testing import CannedWire

HELLO = Message("+375291234567", text="Hello")
MANY = Broadcast(text="Hi", recipients=["+375291111111"])
TAKEN = {"uuid": "u", "success": "OK"}
TOKEN = "s3ntinel/t0ken+=="


def test_the_token_travels_in_bodies_where_there_is_one(wire: CannedWire) -> None:
    """In the URL only of what is asked with GET, which has no other place for it."""
    client = wire.attach(polycast.connect("smsby", token=TOKEN))
    wire.answer(json={"sms_id": 1}).answer(json=TAKEN).answer(json={}).answer(json={})
    client.send(HELLO)
    client.send_bulk(MANY)
    client.status("bulk:x")
    client.status("sms:1")
    quick, bulk, asked, check = wire.sent
    urls = [sent.url.removeprefix("https://app.sms.by/api/v1/") for sent in (quick, bulk, asked)]
    assert urls == ["sendQuickSMS", "sendBulkSms", "statusBulkSms"]
    assert quick.form["token"] == asked.form["token"] == check.query["token"] == [TOKEN]
    assert bulk.json["token"] == TOKEN
    assert check.body == b""


def test_the_token_is_shown_nowhere(wire: CannedWire, caplog: pytest.LogCaptureFixture) -> None:
    """Not in reprs, errors, causes, logs or tracebacks, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    client = wire.attach(polycast.connect("smsby", token=TOKEN))
    provider = client.provider
    shown = [
        repr(each)
        for each in (client, provider, provider.settings, client.api, client.features)
    ]  # fmt: skip
    calls: list[Any] = [
        lambda: client.send(HELLO),
        lambda: client.send_bulk(MANY),
        lambda: client.status("sms:1"),
        lambda: client.status("bulk:x"),
        lambda: client.status("message:1"),
        provider.balance,
        provider.alphanames,
    ]
    for call in calls:
        bodies = [
            (200, f'{{"error": "bad token {TOKEN}", "{TOKEN}": ["{TOKEN}"]}}'),
            (400, f"<html><title>{TOKEN}</title></html>"),
            (200, f'["{TOKEN}"]'),
            (200, f'{{"sms_id": "{TOKEN}", "uuid": " {TOKEN}", "result": [], "{TOKEN}": "x"}}'),
            (403, f"token={TOKEN}"),
        ]
        for status, body in bodies:
            wire.answer(status, body)
            if call == calls[4] and "result" in body:
                wire.answer(403, TOKEN)
            try:
                call()
            except PolycastError as error:
                shown += ["".join(traceback.format_exception(error)), repr(vars(error))]
        lost = requests.ConnectionError(
            urllib3.exceptions.ProtocolError(f"/checkSMS?token={TOKEN}")
        )
        for _ in range(5 if call in calls[2:] else 1):
            wire.lose(lost)
        with pytest.raises(PolycastError) as caught:
            call()
        shown += ["".join(traceback.format_exception(caught.value)), repr(vars(caught.value))]
    shown += [record.getMessage() for record in caplog.records]
    escaped = quote(TOKEN, safe="")
    assert [text for text in shown if TOKEN in text or escaped in text] == []
    assert sum("***" in text for text in shown) > 30
