"""A fake Ogangi server: one workspace with its broadcasts and messages.

Written from Ogangi's page, not from our client. Every answer to a signed address has
status 200 and says in its body what happened; the page tells of no other way, and of no
reason beyond `ERROR`. What becomes of a message is chosen by how its number ends
(`SimulatedOutcome`): `0000` is refused (`BAD_TO` in the reply to a file, passed over
in a broadcast, like a number that is none), `1111` and `2222` are sent and never arrive,
`3333` arrives but the reply to the request is lost. Of those that never arrive, the first
is told as `UNDELIVERED` in the end, the second as `EXPIRED`.

A broadcast sends five messages a second, so that pausing one can be watched. It can be
edited until its first message is sent. Recipient lists in Excel's format are refused.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from secrets import randbits
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from attrs import evolve
from polycast.sandbox import Accepted, Call, Clock, ProviderSandbox, SimulatedOutcome, read_spec
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from polycast_ogangi.sandbox.request import (
    Row,
    Unreadable,
    normalised,
    read_base64,
    read_file,
    read_json,
    read_row,
    signature_of,
    values_of,
)
from polycast_ogangi.sandbox.response import BAD_SIGNATURE, ERROR, OK, Tree, envelope
from polycast_ogangi.sandbox.state import Broadcast, Message, Phase

__all__ = ["OgangiSandbox"]

#: What `input` says where it is not the method's own name (Ogangi page, "Response XML").
_INPUTS = {
    "send_sms_by_file": "sendSMS",
    "send_sms": "sendSMS",
    "list_broadcasts": "getBroadcasts",
}
_DATE = "%d-%m-%Y %H:%M"
_NULL = "null"
#: Ogangi page, "Broadcast type".
_TYPES = 11
_DAY = "%d-%m-%Y"
#: How long a single message takes to the handset.
_ON_ITS_WAY = timedelta(seconds=2)


def _moment(milliseconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (OverflowError, ValueError) as error:
        raise _Failure from error


class _Failure(Exception):
    """The server answers `ERROR`, whatever the reason."""


class OgangiSandbox(ProviderSandbox):
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
        broadcast_type: the type that its broadcasts are listed under; the page does not say.
        searches_names: whether a search finds campaigns' names; the page does not say.
        reports_blasts: whether the report tells what a message is a part of, as it is told of a
            message that is asked for; the page does not say.
        rate: messages a broadcast sends in a second.
        normalises: whether numbers are kept as digits alone, and texts trimmed and with one blank
            for several.
    """

    name = "ogangi"
    spec = read_spec("polycast_ogangi._client", "ogangi.wadl")
    default_settings: ClassVar[Mapping[str, object]] = {
        "instance_id": 8,
        "user_name": "peter",
        "public_key": "PUBLIC_KEY",
        "private_key": "PRIVATE_KEY",
        "shortcode": "434",
        "timezone": "America/Caracas",
    }

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
        broadcast_type: int = 4,
        searches_names: bool = False,
        reports_blasts: bool = False,
        rate: float = 5.0,
        normalises: bool = False,
    ) -> None:
        super().__init__(clock)
        self.instance_id = instance_id
        self.user_name = user_name
        self.public_key = public_key
        self.private_key = private_key
        self.shortcodes = shortcodes
        self.timezone = ZoneInfo(timezone)
        self.signature_encoding = signature_encoding
        self.broadcast_type = broadcast_type
        self.searches_names = searches_names
        self.reports_blasts = reports_blasts
        self.rate = rate
        self.normalises = normalises
        self._single: dict[str, Message] = {}
        self._broadcasts: dict[int, Broadcast] = {}
        self._deleted: list[Broadcast] = []
        self._next_id = 1542

    @property
    def urls(self) -> Map:
        """Methods and paths: those of the spec; what is in Base64 may hold slashes."""
        return self.spec.urls_with("mobileNumber", "text", "signature")

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message sent by itself, then every message of a broadcast."""
        for message in self._single.values():
            if message.problem is None:
                yield self._accepted(message, message.at), message.arrives
        for broadcast in (*self._broadcasts.values(), *self._deleted):
            arrivals = broadcast.arrivals()
            for index, recipient in enumerate(broadcast.recipients):
                if not broadcast.refuses(recipient):
                    message = broadcast.message(index, broadcast.created_at)
                    yield self._accepted(message, broadcast.created_at), arrivals[index]

    def _accepted(self, message: Message, at: datetime) -> Accepted:
        return Accepted(message.number, message.text, message.sender, at, message.id)

    # Around every request.

    def answer(self, call: Call) -> Response:
        """Check the signature, carry out, and say what happened in the body."""
        try:
            path = self.spec.below + self.spec.operations[call.operation].path
            call = evolve(call, values=values_of(call, path))
        except HTTPException as error:
            return self.unroutable(call.request, error)
        outcome, result = self._carry_out(call)
        first, *others = call.operation.split("_")
        own = first + "".join(map(str.capitalize, others))
        body = envelope(_INPUTS.get(call.operation, own), outcome, result)
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
        """Check both keys."""
        expected = signature_of(values, self.private_key, self.signature_encoding)
        return values["publicKey"] == self.public_key and hmac.compare_digest(
            values["signature"].encode(), expected.encode()
        )

    # The operations: each returns what `result` holds.

    def send_sms_by_file(self, call: Call) -> Tree:
        """Send a message to each line of a recipient list."""
        rows = read_file(call.request.files["file"].read())
        return self._send([normalised(row) for row in rows] if self.normalises else rows)

    def send_sms(self, call: Call) -> Tree:
        """Send one message; its number and its text come in Base64."""
        values = call.values
        number, text = read_base64(values["mobileNumber"]), read_base64(values["text"])
        zone = self.timezone.key
        row = read_row([number, values["from"], values["carrier"], "UTF-8", zone, text])
        return self._send([row])

    def get_message(self, call: Call) -> Tree:
        """Tell how a message is doing."""
        now, id_ = self.clock.now(), call.values["messageId"]
        blast = id_.partition("-")[0]
        found = [self._single[id_]] if id_ in self._single else []
        for broadcast in (*self._broadcasts.values(), *self._deleted):
            if str(broadcast.id) == blast:
                messages = broadcast.messages(broadcast.start, now)
                found += [each for each in messages if each.id == id_]
        if not found:
            raise _Failure
        return {"message": found[0].tree(now, self.timezone, self.user_name)}

    def message_report(self, call: Call) -> Tree:
        """List the messages of a period, oldest first; `null` is the only filter known here."""
        values, now = call.values, self.clock.now()
        page, size = int(values["page"]), int(values["resultsPerPage"])
        if values["parameters"] != _NULL or page < 1 or size < 1:
            raise _Failure
        first, last = (_moment(values[name]) for name in ("initialDate", "finalDate"))
        told = self._messages(first, min(last, now))
        known = self.listing.known(told, lambda message: message.at, now)
        found = sorted(known, key=lambda message: message.at)
        shown = self.listing.ordered(found[(page - 1) * size : page * size])
        messages = [each.tree(now, self.timezone, self.user_name) for each in shown]
        if not self.reports_blasts:
            messages = [{**tree, "blastId": None} for tree in messages]
        return {"messages": {"records": len(found), "message": messages}}

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
        self.lose_reply(*(to.number for to in broadcast.recipients))
        return {"broadcast": broadcast.made(now, self.timezone)}

    def list_broadcasts(self, call: Call) -> Tree:
        """List broadcasts by type and day; what is searched for comes in Base64."""
        return self._listed(call.values, read_base64)

    def get_broadcasts(self, call: Call) -> Tree:
        """List broadcasts as servers before tag 35 do: what is searched for comes as it is."""
        return self._listed(call.values, str)

    def get_broadcast(self, call: Call) -> Tree:
        """Tell how a broadcast is doing."""
        return {"broadcast": self._broadcast(call).tree(self.clock.now(), self.timezone)}

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

    def _send(self, rows: Sequence[Row]) -> Tree:
        now = self.clock.now()
        messages = [self._handed_on(row, now) for row in rows]
        self._single.update((message.id, message) for message in messages)
        self.lose_reply(*(row.number for row in rows))
        trees = [message.tree(now, self.timezone, self.user_name) for message in messages]
        return {"messages": {"message": trees}}

    def _handed_on(self, row: Row, now: datetime) -> Message:
        refused = "BAD_TO" if SimulatedOutcome.of(row.number) is SimulatedOutcome.REFUSED else None
        return Message(
            id=str(-randbits(63)),
            number=row.number,
            sender=row.sender,
            carrier=row.carrier,
            encoding=row.encoding,
            timezone=row.timezone,
            text=row.text,
            at=now,
            travels=_ON_ITS_WAY,
            problem=row.problem or refused,
        )

    def _messages(self, first: datetime, last: datetime) -> Iterator[Message]:
        """Every message handed on in a period, or refused."""
        yield from (each for each in self._single.values() if first <= each.at <= last)
        for broadcast in (*self._broadcasts.values(), *self._deleted):
            yield from broadcast.messages(first, last)

    def _listed(self, values: Mapping[str, str], read: Callable[[str], str]) -> Tree:
        """List the broadcasts that start in a period and hold a text, if one is asked for."""
        text = None if values["text"] == _NULL else read(values["text"])
        if not 1 <= int(values["type"]) <= _TYPES:
            raise _Failure
        first, last = (self._midnight(values[name]) for name in ("initialDate", "finalDate"))
        now = self.clock.now()
        listed = self.listing.known(self._broadcasts.values(), lambda each: each.created_at, now)
        found = [
            each.tree(now, self.timezone)
            for each in self.listing.ordered(listed)
            if int(values["type"]) == self.broadcast_type
            and (first is None or first <= each.start)
            and (last is None or each.start - timedelta(days=1) < last)
            and (text is None or each.holds(text, names=self.searches_names))
        ]
        return {"broadcasts": {"broadcast": found}}

    def _midnight(self, day: str) -> datetime | None:
        if day == _NULL:
            return None
        return datetime.strptime(day, _DAY).replace(tzinfo=self.timezone)

    def _drafted(self, values: Mapping[str, str], to: str, now: datetime) -> Broadcast:
        """Return the broadcast that was asked for, not stored yet."""
        recipients = read_json(to)
        if self.normalises:
            recipients = [normalised(each) for each in recipients]
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
            name=None if values["campaignName"] == _NULL else values["campaignName"],
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
