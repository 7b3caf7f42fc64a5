"""Infobip keeps what Polycast promises of every provider."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from polycast import (
    Action,
    AuthenticationFailed,
    Broadcast,
    CallbackRequest,
    Client,
    Conflict,
    InsufficientFunds,
    MessageTemplate,
    NotFound,
    Price,
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
from polycast_infobip import Button, DeliveryWindow, IndiaDlt, Options, Tracking
from polycast_infobip.sandbox import InfobipSandbox

TO = "+41793026727"
ID = "message:p-1f-0"
JSON = "application/json"
TOMORROW = {"send_at": datetime.now(UTC) + timedelta(days=1)}

#: "Send SMS message", the sample of a delivery report.
REPORT: dict[str, Any] = {
    "bulkId": "p-1f",
    "messageId": "p-1f-0",
    "to": "41793026727",
    "sender": "InfoSMS",
    "sentAt": "2019-11-09T16:00:00.000+0100",
    "doneAt": "2019-11-09T16:00:00.000+0100",
    "messageCount": 1,
    "callbackData": "ref",
    "price": {"pricePerMessage": 0.01, "currency": "EUR"},
    "status": {
        "groupId": 3,
        "groupName": "DELIVERED",
        "id": 5,
        "name": "DELIVERED_TO_HANDSET",
        "description": "Message delivered to handset",
    },
    "error": {
        "groupId": 0,
        "groupName": "OK",
        "id": 0,
        "name": "NO_ERROR",
        "description": "No Error",
        "permanent": False,
    },
}
#: "Response status and error codes": groups, and their statuses by what they mean for a sender.
STATUSES: dict[int, dict[State, tuple[int, ...]]] = {
    1: {State.QUEUED: (26,), State.SENDING: (7,), State.SENT: (3,)},
    2: {State.FAILED: (4, 9, 31, 96, 97, 98)},
    3: {State.SENT: (2,), State.DELIVERED: (5,)},
    4: {State.EXPIRED: (15, 29), State.REJECTED: (87,)},
    5: {
        State.REJECTED: (
            6, 8, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 23, 24, 25, 51, 52, 56, 77, 87, 99, 100,
        )
    },
}  # fmt: skip


def listed(status: str) -> str:
    """One page of logs with one message."""
    return (
        '{"results": [{"bulkId": "p-1f", "messageId": "p-1f-0", "destination": "41793026727", '
        f'"sentAt": "2019-11-09T16:00:00.000+0100", "status": {{{status}}}}}]}}'
    )


def pushed(*rows: dict[str, Any]) -> CallbackRequest:
    """A push of these reports."""
    return CallbackRequest(body=json.dumps({"results": rows}).encode())


def newer(error: type[ProviderError], status: int, code: str) -> Refusal:
    """A refusal in the newer form, as the answer to a send."""
    body = {
        "errorCode": code,
        "description": f"No {code}.",
        "action": "Check the syntax, violations and adjust the request.",
        "violations": [{"property": "messages[0].content.text", "violation": "must not be blank"}],
        "resources": [],
    }
    return Refusal(error, answer=Answer(status, json.dumps(body), JSON), detail="blank")


def older(error: type[ProviderError], status: int, code: str) -> Refusal:
    """A refusal in the older form, as the answer to a send."""
    said = {
        "messageId": code,
        "text": f"No {code}",
        "validationErrors": {"content.text": ["must not be blank"]},
    }
    body = {"requestError": {"serviceException": said}}
    return Refusal(error, answer=Answer(status, json.dumps(body), JSON), detail="blank")


def control_of(fields: Mapping[str, Any], *actions: Action) -> Callable[[Client], object]:
    """Send a broadcast, and do these things to it."""

    def ask(client: Client) -> object:
        sent = client.send_bulk(Broadcast(recipients=[TO], text="Hello", **fields))
        return [client.control(str(sent.id), action) for action in actions]

    return ask


class TestContract(ProviderContract):
    """Infobip, at its fake server."""

    provider = "infobip"
    sandbox = InfobipSandbox
    address = TO
    sender = "Tavern"
    own_ids = True
    template = MessageTemplate("table_is_ready", "en_GB", ["Ann", "7 pm"])
    #: Without the status nobody knows what a report says; the id tells more than the group.
    decisive = ("status", "results", "results.0.status.id", "results.0.seenAt")
    #: The logs go back 48 hours.
    settled_after = 47 * 3600.0
    alongside = dict.fromkeys((Action.PAUSE, Action.RESUME, Action.STOP), TOMORROW)
    options = (
        Options(
            entity_id="hotel",
            application_id="desk",
            delivery_window=DeliveryWindow(days=["MONDAY"], start=time(9), end=time(18)),
            sending_speed=60,
            transliteration="CYRILLIC",
            language="TR",
            flash=True,
        ),
        Options(
            campaign="Friday",
            tracking=Tracking(
                shorten=True,
                track_clicks=False,
                url="https://example.com/clicks",
                remove_protocol=True,
                domain="t.example.com",
            ),
            india_dlt=IndiaDlt(principal_entity_id="1101", content_template_id="1107"),
        ),
        {
            "channels": ("viber", "sms"),
            "options": Options(
                label="PROMOTIONAL",
                button=Button(title="Book", action="https://example.com"),
                sms_text="As SMS",
            ),
        },
        {"channels": ("whatsapp",), "options": Options(preview_url=True)},
        Options(reference="row-7"),
    )
    vocabulary = (
        # The pairs of group and id.
        Vocabulary(
            id=ID,
            answers=listed(f'"groupId": {WORD}'),
            words={
                f'{group}, "id": {id}': state
                for group, states in STATUSES.items()
                for state, ids in states.items()
                for id in ids
            },
            unknown="99",
        ),
        # By the group alone, where the id is not known.
        Vocabulary(
            id=ID,
            answers=listed(f'"groupName": "{WORD}", "id": 999'),
            words={
                "ACCEPTED": State.QUEUED,
                "PENDING": State.SENDING,
                "UNDELIVERABLE": State.FAILED,
                "DELIVERED": State.SENT,
                "EXPIRED": State.EXPIRED,
                "REJECTED": State.REJECTED,
            },
        ),
        # "Get scheduled SMS messages status".
        Vocabulary(
            id="bulk:p-1f",
            answers=('{"results": []}', f'{{"bulkId": "p-1f", "status": "{WORD}"}}'),
            words={
                "PENDING": State.SCHEDULED,
                "PAUSED": State.PAUSED,
                "PROCESSING": State.SENDING,
                "CANCELED": State.CANCELLED,
                "FINISHED": State.SENT,
                "FAILED": State.FAILED,
            },
        ),
    )
    refusals = (
        Refusal(AuthenticationFailed, settings={"api_key": "another"}, detail="credentials"),
        Refusal(
            AuthenticationFailed,
            control_of(TOMORROW, Action.PAUSE),
            sandbox={"manages": False},
            detail="Forbidden",
        ),
        Refusal(InsufficientFunds, sandbox={"credit": 0}, detail="credit"),
        Refusal(NotFound, lambda client: client.status("message:7"), detail="48 hours"),
        Refusal(NotFound, control_of({}, Action.STOP), detail="Bulk not found"),
        Refusal(Conflict, control_of(TOMORROW, Action.RESUME), detail="PENDING"),
        Refusal(Conflict, control_of(TOMORROW, Action.STOP, Action.PAUSE), detail="CANCELED"),
        newer(Rejected, 400, "E400"),
        newer(AuthenticationFailed, 401, "E401"),
        newer(AuthenticationFailed, 403, "E403"),
        newer(RateLimited, 429, "E429"),
        newer(ProviderUnavailable, 500, "E500"),
        older(Rejected, 400, "BAD_REQUEST"),
        older(AuthenticationFailed, 401, "UNAUTHORIZED"),
        older(AuthenticationFailed, 403, "FORBIDDEN"),
        older(AuthenticationFailed, 403, "UNAUTHORIZED"),
        older(NotFound, 404, "NOT_FOUND"),
        older(RateLimited, 429, "TOO_MANY_REQUESTS"),
        older(ProviderUnavailable, 500, "GENERAL_ERROR"),
    )
    callbacks = (
        Pushed(
            pushed(REPORT),
            [
                Report(
                    to=TO,
                    state=State.DELIVERED,
                    id=ID,
                    detail="DELIVERED_TO_HANDSET",
                    segments=1,
                    price=Price("0.01", "EUR"),
                    at=datetime(2019, 11, 9, 15, tzinfo=UTC),
                )
            ],
        ),
        Pushed(
            pushed(
                REPORT,
                {
                    **REPORT,
                    "status": {"groupId": 4, "groupName": "EXPIRED", "id": 15},
                    "error": {"groupId": 3, "id": 4101, "name": "EC_EXPIRED", "permanent": True},
                },
            ),
            [
                Report(to=TO, state=State.DELIVERED),
                Report(to=TO, state=State.EXPIRED, code=4101, detail="EXPIRED: EC_EXPIRED"),
            ],
        ),
        # Viber and WhatsApp, "Receive seen reports".
        Pushed(
            pushed(
                {
                    "messageId": "p-1f-0",
                    "from": "InfoSMS",
                    "to": "41793026727",
                    "sentAt": "2019-11-09T16:00:00.000+0100",
                    "seenAt": "2019-11-09T17:00:00.000+0100",
                }
            ),
            [Report(to=TO, state=State.READ, at=datetime(2019, 11, 9, 16, tzinfo=UTC))],
        ),
        # "Receive inbound SMS messages".
        Pushed(
            pushed(
                {
                    "messageId": "817790313235066447",
                    "from": "41793026727",
                    "to": "41793026700",
                    "text": "YES please",
                    "cleanText": "please",
                    "keyword": "YES",
                    "receivedAt": "2019-11-09T16:00:00.000+0100",
                    "smsCount": 1,
                    "price": {"pricePerMessage": 0, "currency": "EUR"},
                    "callbackData": "ref",
                }
            ),
            [
                Reply(
                    sender=TO,
                    to="41793026700",
                    text="YES please",
                    id="817790313235066447",
                    received_at=datetime(2019, 11, 9, 15, tzinfo=UTC),
                )
            ],
        ),
        # An empty push.
        Pushed(pushed(), []),
    )
