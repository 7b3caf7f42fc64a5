"""Hyber keeps what every provider promises."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from polycast import (
    AuthenticationFailed,
    CallbackRequest,
    Message,
    NotFound,
    Rejected,
    Reply,
    Report,
    State,
)
from polycast.sandbox import Answer
from polycast.testing import WORD, ProviderContract, Pushed, Refusal, Vocabulary
from polycast.testing.exchanges import Request
from polycast_hyber import Options, Push, Sms, Viber, WhatsApp
from polycast_hyber.sandbox import HyberSandbox

#: "Delivery reports", but for its `"extra_id": AD-6640-7006"`, which is no JSON.
REPORT = {
    "number": 380961111111,
    "time": 1477417294667,
    "message_id": "9f60ac8f-e721-5027-b838-e6fcb95fcd7a",
    "extra_id": "AD-6640-7006",
    "status": 2,
    "substatus": 23,
    "hyber_status": 23011,
    "sent_via": "sms",
    "status_text": "SMS delivered",
}
JSON = "application/json"
JOB = "job:66591729-cb47-5ef9-964b-949dc6aff84f"


def told(code: str) -> str:
    """A campaign of one message, and one of its numbers."""
    return (
        '{"messages": [{"time": 1477417294667, "phone_number": "380961111111", "message_id": '
        f'"9f60ac8f-e721-5027-b838-e6fcb95fcd7a", "accepted": true, "{code}": {WORD}}}]}}'
    )


class TestContract(ProviderContract):
    """Hyber, at its fake server."""

    provider = "hyber"
    sandbox = HyberSandbox
    own_ids = True

    def credentials(self, request: Request, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """HTTP Basic, of the login and the password."""
        pair = f"{settings['login']}:{settings['password']}"
        return {"basic": b64encode(pair.encode()).decode()}

    address = "+380961234567"
    sender = "Bistro"
    alongside = {
        "media": {"channels": ("viber",)},
        "push": {"options": Options(push=Push(title="Table"))},
    }
    options = (
        {
            "text": None,
            "channels": ("viber", "whatsapp", "push", "sms"),
            "options": Options(
                viber=Viber(
                    text="Viber",
                    ttl=timedelta(hours=3),
                    device="phone",
                    sender="BistroViber",
                    image="https://example.com/image.png",
                    caption="Look",
                    action="https://example.com",
                    thumbnail="https://example.com/still.png",
                    file_size=3,
                    duration=12,
                    count_clicks=True,
                    ios_expiry_text="Too late",
                ),
                sms=Sms(text="SMS", ttl=timedelta(hours=3), sender="BistroSms", count_clicks=True),
                whatsapp=WhatsApp(
                    text="WhatsApp",
                    image="https://example.com/image.png",
                    image_name="The image",
                    count_clicks=True,
                ),
                push=Push(
                    title="Push",
                    text="Push text",
                    ttl=timedelta(hours=3),
                    image="https://example.com/image.png",
                    caption="Look",
                    action="https://example.com",
                    count_clicks=True,
                ),
                tag="Friday",
                promotional=True,
            ),
        },
        {
            "channels": ("viber", "sms"),
            "options": Options(
                viber=Viber(file_name="menu.pdf", action="https://example.com/menu.pdf")
            ),
        },
        {
            "channels": ("whatsapp",),
            "options": Options(
                whatsapp=WhatsApp(
                    ttl=timedelta(days=7),
                    document="https://example.com/menu.pdf",
                    document_name="The menu",
                    audio="https://example.com/a.mp3",
                    video="https://example.com/v.mp4",
                    video_name="The film",
                    latitude=50.45,
                    longitude=30.52,
                )
            ),
        },
        Options(division_code="kitchen"),
        Options(reference="row-7"),
        Options(sync=True),
    )
    vocabulary = (
        # "Codes".
        Vocabulary(
            id=JOB,
            answers=told("hyber_status"),
            reports=True,
            words={
                "23011": State.DELIVERED,
                "23033": State.DELIVERED,
                "23043": State.DELIVERED,
                "35015": State.EXPIRED,
                "36024": State.REJECTED,
            },
            unknown="99999",
        ),
        Vocabulary(
            id=JOB,
            answers=told("error_code"),
            reports=True,
            words={"35015": State.EXPIRED, "36024": State.REJECTED, "1154": State.REJECTED},
            unknown="99999",
        ),
        Vocabulary(
            id=JOB,
            answers=told("substatus"),
            reports=True,
            words={
                "11": State.SENDING,
                "12": State.QUEUED,
                "23": State.DELIVERED,
                "26": State.EXPIRED,
                "35": State.EXPIRED,
                "36": State.FAILED,
            },
            unknown="99",
        ),
        Vocabulary(
            id=JOB,
            answers=told("status"),
            reports=True,
            words={
                "-1": State.QUEUED,
                "1": State.SENDING,
                "2": State.DELIVERED,
                "3": State.FAILED,
            },
            unknown="9",
        ),
    )
    refusals = (
        Refusal(
            Rejected,
            lambda client: client.send(Message("+380961230000", text="Hello")),
            detail="Phone number incorrect",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+380961230000", text="Hello")),
            sandbox={"refusal_status": 400},
            detail="Phone number incorrect",
        ),
        Refusal(NotFound, lambda client: client.status("message:7")),
        Refusal(AuthenticationFailed, settings={"password": "another"}),
        Refusal(AuthenticationFailed, settings={"client_id": "77"}),
        # "Sending a message", the sample of a fault, and that of the protocol before.
        Refusal(
            Rejected,
            answer=Answer(
                200, '{"error_code": 36024, "error_text": "Phone number incorrect"}', JSON
            ),
            detail="Phone number incorrect",
        ),
        Refusal(
            Rejected,
            answer=Answer(400, '{"error_code": 1154, "error_text": "Incorrect"}', JSON),
            detail="Incorrect",
        ),
    )
    callbacks = (
        # "Two-way messaging".
        Pushed(
            CallbackRequest(
                body=b'{"phone": "380961111111", "channel": "viber", "text_from_subscriber": "Hi"}'
            ),
            [Reply("+380961111111", text="Hi")],
        ),
        Pushed(
            CallbackRequest(body=json.dumps(REPORT).encode()),
            [
                Report(
                    to="+380961111111",
                    state=State.DELIVERED,
                    id="message:9f60ac8f-e721-5027-b838-e6fcb95fcd7a",
                    reference="AD-6640-7006",
                    detail="SMS delivered",
                    code=23011,
                    channel="sms",
                    aliases=("extra:AD-6640-7006",),
                )
            ],
        ),
        Pushed(
            CallbackRequest(
                body=json.dumps([REPORT, {**REPORT, "hyber_status": 35015, "status": 3}]).encode()
            ),
            [
                Report(to="+380961111111", state=State.DELIVERED),
                Report(to="+380961111111", state=State.EXPIRED, code=35015),
            ],
        ),
    )
