"""Twilio keeps what Polycast promises of every provider."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from polycast import (
    AccountBlocked,
    Action,
    AuthenticationFailed,
    CallbackRequest,
    Client,
    Conflict,
    InsufficientFunds,
    Message,
    MessageTemplate,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    Reply,
    Report,
    State,
)
from polycast.sandbox import Answer
from polycast.testing import WORD, ProviderContract, Pushed, Refusal, Vocabulary
from polycast.testing.exchanges import Request
from polycast_twilio import Options
from polycast_twilio.sandbox import TwilioSandbox
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

TO = "+14155550100"
FROM = "+14155550198"
SID = "SM00000000000000000000000000000001"
ACCOUNT = "AC00000000000000000000000000000001"


def told(code: str, status: str = WORD) -> str:
    """A message as it is fetched."""
    return (
        f'{{"sid": "{SID}", "to": "{TO}", "status": "{status}", "error_code": {code}, '
        '"error_message": null, "date_updated": "Thu, 24 Aug 2023 05:01:45 +0000"}'
    )


def said(error: type[ProviderError], code: int, status: int = 400) -> Refusal:
    """A code of the "Error and warning dictionary", as the answer to a send."""
    body = {"code": code, "message": f"No {code}", "more_info": "...", "status": status}
    answer = Answer(status, json.dumps(body), "application/json")
    return Refusal(error, answer=answer, detail=f"No {code}", code=code)


def plain(to: str) -> Refusal:
    """A recipient whom a plain sender refuses at once."""
    return Refusal(Rejected, lambda client: client.send(Message(to, text="Hello", sender=FROM)))


def stop_late(client: Client) -> object:
    """Stop a message that is not scheduled."""
    return client.control(str(client.send(Message(TO, text="Hello")).id), Action.STOP)


def signed(body: str) -> CallbackRequest:
    """A request as Twilio pushes it, signed by Twilio's own code."""
    url = "https://example.com/twilio?key=1"
    validator = RequestValidator(str(TwilioSandbox.settings()["auth_token"]))
    form = dict(parse_qsl(body, keep_blank_values=True))
    return CallbackRequest(
        body=body.encode(),
        headers={"X-Twilio-Signature": validator.compute_signature(url, form)},
        url=url,
    )


class TestContract(ProviderContract):
    """Twilio, at its fake server."""

    def credentials(self, request: Request, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """HTTP Basic, of the account and its token."""
        pair = f"{settings['account_sid']}:{settings['auth_token']}"
        return {"basic": b64encode(pair.encode()).decode()}

    provider = "twilio"
    sandbox = TwilioSandbox
    address = TO
    addresses = {"whatsapp": "whatsapp:+14155550100", "messenger": "messenger:1234567"}
    sender = FROM
    decisive = ("status",)
    #: Twilio cancels messages that are scheduled, one by one.
    crowd = 1
    alongside = {"stop": {"send_at": datetime.now(UTC) + timedelta(days=1)}}
    template = MessageTemplate("HX00000000000000000000000000000001", values={"1": "Ann"})
    options = (
        Options(smart_encoded=True, shorten_urls=True, provide_feedback=True, send_as_mms=True),
        Options(persistent_action="geo:37.78,-122.39|Tavern", risk_check="disable"),
    )
    vocabulary = (
        # "Message status values".
        Vocabulary(
            id=SID,
            answers=told("null"),
            words={
                "accepted": State.QUEUED,
                "scheduled": State.SCHEDULED,
                "queued": State.QUEUED,
                "sending": State.SENDING,
                "sent": State.SENT,
                "delivered": State.DELIVERED,
                "read": State.READ,
                "undelivered": State.FAILED,
                "failed": State.FAILED,
                "canceled": State.CANCELLED,
                "partially_delivered": State.UNKNOWN,
                "receiving": State.UNKNOWN,
                "received": State.UNKNOWN,
            },
        ),
        # Error 30036, and another one.
        Vocabulary(
            id=SID,
            answers=told("30036"),
            words={"undelivered": State.EXPIRED, "failed": State.EXPIRED},
        ),
        Vocabulary(
            id=SID,
            answers=told("30007"),
            words={"undelivered": State.FAILED, "failed": State.FAILED},
        ),
    )
    refusals = (
        Refusal(AuthenticationFailed, settings={"auth_token": "another"}, detail="Authenticate"),
        Refusal(AccountBlocked, sandbox={"suspended": True}, detail="Forbidden"),
        Refusal(InsufficientFunds, sandbox={"funds": False}, detail="not active"),
        Refusal(RateLimited, sandbox={"busy": True}, detail="Too Many Requests"),
        Refusal(NotFound, lambda client: client.status(SID), detail="was not found"),
        Refusal(Conflict, stop_late, detail="cancelable"),
        plain("+14155550000"),
        plain("+15005550004"),
        Refusal(
            Rejected,
            lambda client: client.send(Message(TO, text="Hello", sender="+14155550001")),
            detail="SMS-capable",
        ),
        Refusal(Rejected, lambda client: client.send(Message(TO, text="x" * 1601)), detail="1600"),
        said(AuthenticationFailed, 20003, 401),
        said(AuthenticationFailed, 20006, 403),
        said(AuthenticationFailed, 20104, 401),
        said(AccountBlocked, 20403, 403),
        said(InsufficientFunds, 20005, 401),
        said(InsufficientFunds, 10001, 403),
        said(RateLimited, 20429, 429),
        said(RateLimited, 21611),
        said(RateLimited, 35125),
        said(Rejected, 21610),
        said(Rejected, 21614),
        said(Rejected, 21701),
        said(Rejected, 35114),
        # A code of no page goes by the status.
        said(Rejected, 29999),
        said(ProviderUnavailable, 20500, 500),
        said(ProviderUnavailable, 20503, 503),
    )
    callbacks = (
        # "Track the status of outbound messages".
        Pushed(
            signed(
                f"SmsSid={SID}&SmsStatus=delivered&MessageStatus=delivered"
                f"&To=%2B14155550100&MessageSid={SID}&AccountSid={ACCOUNT}"
                "&From=%2B14155550199&ApiVersion=2010-04-01"
            ),
            [Report(to=TO, state=State.DELIVERED, id=SID, detail="delivered")],
        ),
        Pushed(
            signed(f"MessageStatus=undelivered&ErrorCode=30005&MessageSid={SID}&To=%2B14155550100"),
            [Report(to=TO, state=State.FAILED, id=SID, detail="undelivered", code=30005)],
        ),
        Pushed(
            signed(f"MessageStatus=failed&ErrorCode=30036&MessageSid={SID}"),
            [Report(to=None, state=State.EXPIRED, id=SID, detail="failed", code=30036)],
        ),
        Pushed(
            signed(f"MessageStatus=read&MessageSid={SID}"),
            [Report(to=None, state=State.READ, id=SID, detail="read")],
        ),
        # "Twilio's request to your webhook URL".
        Pushed(
            signed(
                f"MessageSid={SID}&SmsStatus=received&From=whatsapp%3A%2B14155550100&NumMedia=1"
                "&To=whatsapp%3A%2B14155550199&Body=Yes&MediaUrl0=https%3A%2F%2Fexample.com%2F1"
            ),
            [
                Reply(
                    "whatsapp:+14155550100",
                    "whatsapp:+14155550199",
                    "Yes",
                    SID,
                    media=("https://example.com/1",),
                )
            ],
        ),
    )
