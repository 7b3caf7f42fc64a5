"""Ogangi keeps what every provider promises."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from polycast import AuthenticationFailed, Message, ProviderError, State
from polycast.sandbox import Clock
from polycast.testing import WORD, ProviderContract, Refusal, Vocabulary
from polycast.testing.exchanges import Request
from polycast_ogangi import Options
from polycast_ogangi.sandbox import OgangiSandbox

NO_BROADCAST = Options(delivery="broadcast", broadcast_id="broadcast:7")


class Workspace(OgangiSandbox):
    """A fake Ogangi server whose keys are no words of the documents."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock, public_key="a0b1c2d3e4", private_key="f5a6b7c8d9")

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {**super().settings(), "public_key": "a0b1c2d3e4", "private_key": "f5a6b7c8d9"}


class TestContract(ProviderContract):
    """Ogangi, at its fake server."""

    provider = "ogangi"
    sandbox = Workspace

    def credentials(self, request: Request, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """HMAC-SHA256 of the call's own values, in URL order ("Java Example Call")."""
        _, values = request.path.removesuffix("/${public_key}/${signature}").split(
            "/${instance_id}"
        )
        text = f"{settings['instance_id']}{unquote(values)}"
        for name in ("shortcode", "user_name"):
            text = text.replace(f"${{{name}}}", str(settings[name]))
        digest = hmac.digest(settings["private_key"].encode(), text.encode(), hashlib.sha256)
        return {"signature": digest.hex()}

    address = "+380961234567"
    sender = "1111111"
    options = (
        Options(
            delivery="file",
            dialect="legacy-semicolon",
            carrier="MOVISTAR",
            encoding="ISO-8859-1",
            timezone="America/Bogota",
        ),
        Options(delivery="broadcast", use_shortcode=False),
        Options(broadcast_id="broadcast:1542"),
    )
    vocabulary = (
        # "Message's Status".
        Vocabulary(
            id="message:-6710228708174720670",
            answers="<answer><input>getMessage</input><status>OK</status>"
            "<description>Completed</description><result><message>"
            "<id>-6710228708174720670</id><carrier>carrierName</carrier>"
            "<from>19893653744</from><to>18133210984</to><text>TEST</text>"
            f"<status>{WORD}</status><encoding>UTF-8</encoding>"
            "<date>2014-12-17T00:12:13.571-04:30</date><timezone>America/Caracas</timezone>"
            "<clientId>As223</clientId></message></result></answer>",
            media_type="application/xml",
            words={
                "PENDING": State.QUEUED,
                "SENDING": State.SENDING,
                "BUFFRED": State.SENDING,
                "CARRIER GATEWAY ERROR": State.SENDING,
                "SENT": State.SENT,
                "SENT_TO_CARRIER": State.SENT,
                "DELIVERED_TO_CARRIER": State.SENT,
                "DELIVERED TO CARRIER": State.SENT,
                "SENT_TO_DEVICE": State.SENT,
                "ACCEPTD": State.SENT,
                "DELIVERED_TO_DEVICE": State.DELIVERED,
                "DELIVRD": State.DELIVERED,
                "READ": State.READ,
                "EXPIRED": State.EXPIRED,
                "UNREACHABLE": State.FAILED,
                "UNDELIVERED": State.FAILED,
                "UNDELIV": State.FAILED,
                "NOT_SENT": State.FAILED,
                "INTERNAL ERROR": State.FAILED,
                "BAD_FROM": State.REJECTED,
                "BAD_TO": State.REJECTED,
                "BAD_ENCODING": State.REJECTED,
                "BAD_TIMEZONE": State.REJECTED,
                "BAD_CARRIER/FROM": State.REJECTED,
                "BAD ADDRESS": State.REJECTED,
                "INVALID ROUTING": State.REJECTED,
                "REJECTD": State.REJECTED,
                "NOT_ENOUGH_FUNDS": State.REJECTED,
                "DELETED": State.CANCELLED,
                "INVALID TEMPLATE ID": State.REJECTED,
                "INVALID TEMPLATE PARAMETERS": State.REJECTED,
                "INVALID TEMPLATE TYPE": State.REJECTED,
                "TEMPLATE NOT SUPPORTED": State.REJECTED,
                # Of e-mail.
                "BOUNCED": State.FAILED,
                "COMPLAINED": State.FAILED,
                "UNSUPPORTED_ATTACHMENT_TYPE": State.REJECTED,
                "EXCEEDS_SIZE_OF_ATTACHMENTS": State.REJECTED,
                # "SMS Status" of the API's successor.
                "QUEUE": State.QUEUED,
                "DEQUEUED": State.SENDING,
                "INCOMPLETE": State.SENDING,
                "ENROUTE": State.SENT,
                "EXHAUSTED": State.EXPIRED,
                "CODE_NOT_ALLOWED": State.REJECTED,
                "BLACKLISTED": State.REJECTED,
                "SEGMENTS_EXCEEDED": State.REJECTED,
            },
        ),
        # "Broadcast Types and Status".
        Vocabulary(
            id="broadcast:1542",
            answers="<answer><input>getBroadcast</input><status>OK</status>"
            "<description>Completed</description><result><broadcast><id>1542</id>"
            "<text>TEST</text><startDate>2013-09-05T15:10:14-04:00</startDate>"
            f"<expectedMessages>2</expectedMessages><status>{WORD}</status>"
            "<shortcode>434</shortcode></broadcast></result></answer>",
            media_type="application/xml",
            words={
                "1": State.SENDING,
                "2": State.SENT,
                "3": State.PAUSED,
                "4": State.CANCELLED,
                "5": State.PAUSED,
            },
            unknown="9",
        ),
        # The same in words, as other replies tell it.
        Vocabulary(
            id="broadcast:1542",
            answers="<answer><input>getBroadcast</input><status>OK</status>"
            "<description>Completed</description><result><broadcast><id>1542</id>"
            "<text>TEST</text><startDate>2016-08-16T17:49:42.346-04:002</startDate>"
            f"<expectedMessages>2</expectedMessages><statusDescription>{WORD}</statusDescription>"
            "<shortcode>0000000</shortcode></broadcast></result></answer>",
            media_type="application/xml",
            words={
                "SCHEDULED": State.SCHEDULED,
                "FINISHED": State.SENT,
                "SENDING": State.SENDING,
                "STATUS_DONE": State.SENT,
                "SUSPENDED": State.PAUSED,
                "STATUS_ABORTED": State.CANCELLED,
                "FORCED_SUSPENDED": State.PAUSED,
            },
        ),
    )
    refusals = (
        # "The Response XML": everything but a wrong signature is ERROR, without a cause.
        Refusal(ProviderError, lambda client: client.status("broadcast:7")),
        Refusal(ProviderError, lambda client: client.status("message:7")),
        Refusal(ProviderError, settings={"instance_id": 9}),
        Refusal(
            ProviderError,
            lambda client: client.send(
                Message("+380961234567", text="Hello", options=NO_BROADCAST)
            ),
        ),
        Refusal(AuthenticationFailed, settings={"private_key": "another"}),
        Refusal(AuthenticationFailed, settings={"public_key": "another"}),
    )
