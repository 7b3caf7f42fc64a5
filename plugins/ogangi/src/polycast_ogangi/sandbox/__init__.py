"""A fake Ogangi server: one workspace with its broadcasts.

Written from Ogangi's page, not from our client. Every answer to a signed address has
status 200 and says in its body what happened; the page tells of no other way, and of no
reason beyond `ERROR`. What becomes of a message is chosen by how its number ends
(`polycast.sandbox.Fate`): `0000` is refused (`BAD_TO` in the reply to a file, passed over
in a broadcast, like a number that is none), `1111` and `2222` are sent and never arrive,
`3333` arrives but the reply to the request is lost.

A broadcast sends five messages a second, so that pausing one can be watched. It can be
edited until its first message is sent. Recipient lists in Excel's format are refused.
"""

import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from secrets import randbits
from typing import Literal
from zoneinfo import ZoneInfo

from polycast.sandbox import Accepted, Call, Clock, Dropped, Fate, Sandbox
from polycast.sandbox.wadl import WADLDocument
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Request, Response

from polycast_ogangi.sandbox.envelope import (
    BAD_SIGNATURE,
    ERROR,
    OK,
    Tree,
    envelope,
    long_date,
    short_date,
)
from polycast_ogangi.sandbox.recipients import Row, Unreadable, read_file, read_json
from polycast_ogangi.sandbox.state import Broadcast, Phase

__all__ = ["OgangiSandbox", "document"]

_API = "/rest/api"
_KEYS = "/<publicKey>/<rest:signature>"
_BROADCAST = "/<instanceId>/<broadcastId>" + _KEYS
#: What `input` says to each operation; not always the method's own name (Ogangi page,
#: "Response XML").
_INPUTS = {
    "send_sms_by_file": "sendSMS",
    "get_shortcodes": "getShortcodes",
    "create_broadcast_from_json": "createBroadcastFromJson",
    "get_broadcast": "getBroadcast",
    "suspend_broadcast": "suspendBroadcast",
    "resume_broadcast": "resumeBroadcast",
    "stop_broadcast": "stopBroadcast",
    "delete_broadcast": "deleteBroadcast",
}
#: Path values that are signed, in the order of the address (Ogangi page, "Signature").
_SIGNED = (
    "instanceId",
    "broadcastId",
    "shortcode",
    "userName",
    "shortcodeIgnore",
    "campaignName",
    "date",
)
_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: b64encode(digest).decode(),
    "base64url": lambda digest: urlsafe_b64encode(digest).decode(),
}
_DATE = "%d-%m-%Y %H:%M"
_NULL = "null"
_DESCRIPTIONS = {
    "SENT_TO_CARRIER": "Sent to Carrier",
    "BAD_TO": "The recipient is not valid",
    "BAD_FROM": "The sender is not valid",
    "BAD_ENCODING": "The encoding is not known",
    "BAD_TIMEZONE": "The time zone is not known",
}
#: How long a single message takes to the handset.
_ON_ITS_WAY = timedelta(seconds=2)


@cache
def document() -> WADLDocument:
    """Return the spec that lies beside the generated client."""
    return WADLDocument(
        files("polycast_ogangi").joinpath("_client", "ogangi.wadl").read_text("utf-8")
    )


class _Failure(Exception):
    """The server answers `ERROR`, whatever the reason."""


class _Rest(BaseConverter):
    """The rest of a path: a signature in Base64 may hold slashes, and begin with one."""

    regex = ".+"
    part_isolating = False


class OgangiSandbox(Sandbox):
    """A fake Ogangi server with one workspace.

    Args:
        clock: what tells the time.
        instance_id: the workspace's number.
        user_name: its only user.
        public_key: the key that addresses carry.
        private_key: the key that signs them.
        shortcodes: its senders; the first one is used where a broadcast names none.
        timezone: the zone of the dates it reads and tells.
        signature_encoding: how signatures are written; the page does not say.
        rate: messages a broadcast sends in a second.
    """

    name = "ogangi"
    urls = Map(
        [
            Rule(
                f"{_API}/tools/sendSMSByFile/<instanceId>{_KEYS}",
                endpoint="send_sms_by_file",
                methods=["POST"],
            ),
            Rule(
                f"{_API}/getShortcodes/<instanceId>/<userName>{_KEYS}",
                endpoint="get_shortcodes",
                methods=["GET"],
            ),
            Rule(
                f"{_API}/createBroadcastFromJson/<instanceId>/<broadcastId>/<shortcode>/<userName>"
                f"/<shortcodeIgnore>/<campaignName>/<date>{_KEYS}",
                endpoint="create_broadcast_from_json",
                methods=["POST"],
            ),
            *(
                Rule(
                    f"{_API}/{action}Broadcast{_BROADCAST}",
                    endpoint=f"{action}_broadcast",
                    methods=["GET"],
                )
                for action in ("get", "suspend", "resume", "stop")
            ),
            Rule(f"{_API}/broadcast{_BROADCAST}", endpoint="delete_broadcast", methods=["DELETE"]),
        ],
        converters={"rest": _Rest},
        merge_slashes=False,
    )

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        instance_id: int = 8,
        user_name: str = "peter",
        public_key: str = "PUBLIC_KEY",
        private_key: str = "PRIVATE_KEY",
        shortcodes: tuple[str, ...] = ("434", "0000000", "1111111"),
        timezone: str = "America/Caracas",
        signature_encoding: Literal["hex", "base64", "base64url"] = "hex",
        rate: float = 5.0,
    ) -> None:
        super().__init__(clock)
        self.instance_id = instance_id
        self.user_name = user_name
        self.public_key = public_key
        self.private_key = private_key
        self.shortcodes = shortcodes
        self.timezone = ZoneInfo(timezone)
        self.signature_encoding = signature_encoding
        self.rate = rate
        self._single: list[tuple[Accepted, datetime | None]] = []
        self._broadcasts: dict[int, Broadcast] = {}
        self._deleted: list[Broadcast] = []
        self._next_id = 1542

    @classmethod
    def base_url(cls, root: str) -> str:
        """Return the `base_url` that leads a client here."""
        return root

    @classmethod
    def settings(cls) -> dict[str, object]:
        """Return the settings that a sandbox made without arguments accepts."""
        return {
            "instance_id": 8,
            "user_name": "peter",
            "public_key": "PUBLIC_KEY",
            "private_key": "PRIVATE_KEY",
            "shortcode": "434",
            "timezone": "America/Caracas",
        }

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message sent from a file, then every message of a broadcast."""
        yield from self._single
        for broadcast in (*self._broadcasts.values(), *self._deleted):
            arrivals = broadcast.arrivals()
            for index, recipient in enumerate(broadcast.recipients):
                if broadcast.refuses(recipient):
                    continue
                accepted = Accepted(
                    provider=self.name,
                    to=recipient.number,
                    text=recipient.reads(broadcast.text),
                    sender=broadcast.shortcode,
                    at=broadcast.created_at,
                    id=f"{broadcast.id}-{index}",
                )
                yield accepted, arrivals[index]

    # Around every request.

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the WADL document."""
        return document().problems(request)

    def answer(self, call: Call) -> Response:
        """Check the signature, carry out, and say what happened in the body."""
        outcome, result = self._carry_out(call)
        body = envelope(_INPUTS[call.operation], outcome, result)
        return Response(body, mimetype="application/xml")

    def _carry_out(self, call: Call) -> tuple[tuple[str, str], Tree | None]:
        if not self._is_signed(call.values):
            return BAD_SIGNATURE, None
        if call.problems or call.values["instanceId"] != str(self.instance_id):
            return ERROR, None
        operation: Callable[[Call], Tree | None] = getattr(self, call.operation)
        try:
            return OK, operation(call)
        except (_Failure, Unreadable):
            return ERROR, None

    def unroutable(self, request: Request, error: HTTPException) -> Response:
        """Answer an address that leads nowhere, as web servers do."""
        page = f"<!DOCTYPE html>\n<title>{error.code} {error.name}</title>\n"
        return Response(page, error.code, mimetype="text/html")

    def _is_signed(self, values: Mapping[str, str]) -> bool:
        """Check the keys: HMAC-SHA256 of the decoded path values in their order."""
        message = "/".join(values[name] for name in _SIGNED if name in values)
        digest = hmac.digest(self.private_key.encode(), message.encode(), "sha256")
        expected = _ENCODINGS[self.signature_encoding](digest)
        return values["publicKey"] == self.public_key and hmac.compare_digest(
            values["signature"].encode(), expected.encode()
        )

    # The operations: each returns what `result` holds.

    def send_sms_by_file(self, call: Call) -> Tree:
        """Send a message to each line of a recipient list."""
        now = self.clock.now()
        rows = read_file(call.request.files["file"].read())
        messages = [self._send(row, now) for row in rows]
        if any(Fate.of(row.number) is Fate.REPLY_LOST for row in rows):
            raise Dropped
        return {"messages": {"message": messages}}

    def get_shortcodes(self, call: Call) -> Tree:
        """List the senders."""
        if call.values["userName"] != self.user_name:
            raise _Failure
        senders = [{"sc": shortcode} for shortcode in self.shortcodes]
        return {"shortcodes": {"shortcode": senders}}

    def create_broadcast_from_json(self, call: Call) -> Tree:
        """Create a broadcast, or edit one."""
        values, now = call.values, self.clock.now()
        if values["userName"] != self.user_name:
            raise _Failure
        broadcast = self._drafted(values, call.request.form["to"], now)
        self._broadcasts[broadcast.id] = broadcast
        if any(Fate.of(to.number) is Fate.REPLY_LOST for to in broadcast.recipients):
            raise Dropped
        told: Tree = {
            "id": broadcast.id,
            "text": broadcast.text,
            "startDate": long_date(broadcast.start.astimezone(self.timezone)),
            "expectedMessages": len(broadcast.recipients),
            "statusDescription": broadcast.phase(now).word,
            "shortcode": broadcast.shortcode,
        }
        return {"broadcast": told}

    def get_broadcast(self, call: Call) -> Tree:
        """Tell how a broadcast is doing."""
        now, broadcast = self.clock.now(), self._broadcast(call)
        ended = broadcast.ended(now)
        told: Tree = {
            "id": broadcast.id,
            "text": broadcast.text,
            "startDate": short_date(broadcast.start.astimezone(self.timezone)),
            "endDate": None if ended is None else short_date(ended.astimezone(self.timezone)),
            "expectedMessages": len(broadcast.recipients),
            "sentMessages": broadcast.sent(now),
            "status": broadcast.phase(now).number,
            "shortcode": broadcast.shortcode,
        }
        return {"broadcast": told}

    def suspend_broadcast(self, call: Call) -> None:
        """Suspend a broadcast in progress."""
        self._in_phase(call, Phase.SENDING).suspend(self.clock.now())

    def resume_broadcast(self, call: Call) -> None:
        """Resume a suspended broadcast."""
        self._in_phase(call, Phase.SUSPENDED).resume(self.clock.now())

    def stop_broadcast(self, call: Call) -> None:
        """Stop a broadcast in progress for good."""
        self._in_phase(call, Phase.SENDING).abort(self.clock.now())

    def delete_broadcast(self, call: Call) -> None:
        """Delete a broadcast; what it has not sent is never sent."""
        broadcast = self._broadcast(call)
        broadcast.abort(self.clock.now())
        self._deleted.append(self._broadcasts.pop(broadcast.id))

    # What they are made of.

    def _send(self, row: Row, now: datetime) -> Tree:
        fate = Fate.of(row.number)
        status = row.problem or ("BAD_TO" if fate is Fate.REFUSED else "SENT_TO_CARRIER")
        message_id = str(-randbits(63))
        if status == "SENT_TO_CARRIER":
            accepted = Accepted(self.name, row.number, row.text, row.sender, now, message_id)
            self._single.append((accepted, now + _ON_ITS_WAY if fate.arrives else None))
        zone = self.timezone if status == "BAD_TIMEZONE" else ZoneInfo(row.timezone)
        return {
            "id": message_id,
            "carrier": row.carrier,
            "from": row.sender,
            "to": row.number,
            "text": row.text,
            "status": status,
            "statusDescription": _DESCRIPTIONS[status],
            "encoding": row.encoding,
            "date": long_date(now.astimezone(zone)),
            "timezone": row.timezone,
            "clientId": self.user_name,
        }

    def _drafted(self, values: Mapping[str, str], to: str, now: datetime) -> Broadcast:
        """Return the broadcast that was asked for, not stored yet."""
        recipients = read_json(to)
        edited = None if values["broadcastId"] == "-1" else self._editable(values, now)
        texts = (recipient.text for recipient in recipients if recipient.text is not None)
        text = next(texts, edited.text if edited is not None else None)
        if text is None:
            raise _Failure
        shortcode = self.shortcodes[0]
        if values["shortcodeIgnore"] in ("true", "1"):
            shortcode = values["shortcode"]
        if shortcode not in self.shortcodes:
            raise _Failure
        if edited is None:
            number, self._next_id = self._next_id, self._next_id + 1
        else:
            number = edited.id
        return Broadcast(
            id=number,
            text=text,
            shortcode=shortcode,
            recipients=recipients,
            created_at=now,
            start=max(now, self._start(values["date"], now)),
            rate=self.rate,
        )

    def _start(self, date: str, now: datetime) -> datetime:
        if date == _NULL:
            return now
        return datetime.strptime(date, _DATE).replace(tzinfo=self.timezone)

    def _editable(self, values: Mapping[str, str], now: datetime) -> Broadcast:
        broadcast = self._broadcasts.get(int(values["broadcastId"]))
        if broadcast is None or broadcast.aborted or broadcast.processed(now):
            raise _Failure
        return broadcast

    def _broadcast(self, call: Call) -> Broadcast:
        broadcast = self._broadcasts.get(int(call.values["broadcastId"]))
        if broadcast is None:
            raise _Failure
        return broadcast

    def _in_phase(self, call: Call, phase: Phase) -> Broadcast:
        broadcast = self._broadcast(call)
        if broadcast.phase(self.clock.now()) is not phase:
            raise _Failure
        return broadcast
