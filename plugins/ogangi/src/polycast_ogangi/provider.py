"""Ogangi behind Polycast's hooks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import attrs
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    Features,
    Message,
    Personalisation,
    ProviderSettings,
    Receipt,
    Secret,
    Status,
    errors,
    hookimpl,
)
from polycast.providers import HttpProvider, receipt_of_many, receipts_for, time_zone
from polycast.wire import Auth

from polycast_ogangi import auth, recipients, response
from polycast_ogangi._client import Client
from polycast_ogangi._client import models as m
from polycast_ogangi.lookup import (
    CLOCKS,
    Evidence,
    Lists,
    Window,
    all_messages,
    lacking,
    the_same,
)
from polycast_ogangi.options import Delivery, Dialect, Options
from polycast_ogangi.request import NEW, NewBroadcast, Upload, may_be_message, to_request


def _path_segment(instance: object, attribute: "attrs.Attribute[Any]", value: str | Secret) -> None:
    text = value.reveal() if isinstance(value, Secret) else value
    if not text or "/" in text:
        raise ValueError(
            f"{attribute.name} is part of every address: it cannot be empty or hold a slash"
        )


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One workspace of one Ogangi account.

    Args:
        instance_id: the workspace's number.
        user_name: who owns the broadcasts.
        public_key: travels in every address.
        private_key: signs every address; it never travels.
        shortcode: the short or long code to send from, where `sender` names no other.
        timezone: the workspace's, an IANA name. `send_at` needs it; it is also the time zone
            that files name, which is UTC without it.
        carrier: the mobile operator that files name, where `Options` names no other.
        dialect: how files are written, where `Options` does not say: `"csv"`, or
            `"legacy-semicolon"` for servers up to tag 5.3.52.
        signature_encoding: how signatures are written: `"hex"`, `"base64"` or `"base64url"`.
        sign_encoded: whether values are signed percent-encoded.
    """

    instance_id: int
    user_name: str = attrs.field(validator=_path_segment)
    public_key: Secret = attrs.field(validator=_path_segment)
    private_key: Secret
    shortcode: str = attrs.field(validator=_path_segment)
    timezone: str | None = attrs.field(default=None, validator=time_zone("America/Caracas"))
    carrier: str = ""
    dialect: Dialect = attrs.field(
        default="csv", validator=attrs.validators.in_(("csv", "legacy-semicolon"))
    )
    signature_encoding: auth.Encoding = attrs.field(
        default="hex", validator=attrs.validators.in_(("hex", "base64", "base64url"))
    )
    sign_encoded: bool = False

    @property
    def zone(self) -> ZoneInfo | None:
        """The workspace's time zone, where it is set."""
        return ZoneInfo(self.timezone) if self.timezone else None


class Ogangi(HttpProvider):
    """One account of Ogangi, later Messangi: SMS by recipients file or as broadcasts.

    Two methods carry what Ogangi's pages leave open, and can be overridden in a subclass:
    `sign` and `write_recipients`.
    """

    settings: Settings
    api: Client

    name = "ogangi"
    Api = Client
    Settings = Settings
    classify_response = staticmethod(response.classify_response)
    features: ClassVar[Features] = Features(
        channels=("sms",),
        schemes=("tel",),
        # "Broadcasts" states no limit.
        bulk_limit=None,
        personalisation=Personalisation.VARIABLES,
        scheduling=True,
        sender=True,
        lookup=True,
        actions=frozenset(Action),
        options=Options,
    )

    def auth(self) -> Auth:
        """Return what signs every address."""
        return auth.SignedPath(self.settings.public_key, self.settings.private_key, self.sign)

    # What the pages leave open

    def sign(self, values: Sequence[str]) -> str:
        """Return the signature of a call's path values; see `auth.sign` for what is known.

        Args:
            values: in URL order, not escaped.
        """
        return auth.sign(
            values,
            self.settings.private_key,
            encoding=self.settings.signature_encoding,
            encoded=self.settings.sign_encoded,
        )

    def write_recipients(self, entries: Iterable[recipients.Entry]) -> str:
        """Return a broadcast's recipients as JSON; see `recipients.to_json` for what is assumed.

        Args:
            entries: one per recipient.
        """
        return recipients.to_json(entries)

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> Upload | NewBroadcast:
        """Build the request, or refuse what Ogangi does not take.

        A message travels by file, or, to be scheduled, as a broadcast to one recipient.
        """
        if isinstance(request, Broadcast):
            return to_request(request, self.settings)
        default: Delivery = "file" if request.send_at is None else "broadcast"
        return to_request(request.as_broadcast(), self.settings, default)

    @hookimpl
    def send(self, message: Message, payload: Upload | NewBroadcast) -> Receipt:
        """Send one message by file, or, to be scheduled, as a broadcast to one recipient."""
        sent = self.send_bulk(message.as_broadcast(), payload)
        (receipt,) = sent.receipts
        if isinstance(payload, NewBroadcast):
            return attrs.evolve(receipt, id=sent.id, raw=sent.raw)
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Upload | NewBroadcast) -> BulkReceipt:
        """Send a broadcast as one, or by file where its options say so.

        As a broadcast it has an id, and Ogangi says nothing of single recipients; by file every
        recipient has a receipt, and the whole has no id.
        """
        if isinstance(payload, Upload):
            return self._upload(payload)
        return _receipts(self._create(payload), broadcast)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a broadcast has come, or a single message."""
        instance, zone = self.settings.instance_id, self.settings.zone
        if response.is_message(id):
            answer = self.api.get_message(instance, response.message_number(id))
            message = answer.result and answer.result.message
            if not message:
                raise lacking("message", "get_message", answer)
            return response.to_message_status(message, id, zone)
        answer = self.api.get_broadcast(instance, response.broadcast_number(id))
        found = _broadcast_of(answer)
        if found is None:
            raise lacking("broadcast", "get_broadcast", answer)
        return response.to_status(found, id, zone)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Suspend, resume, stop or delete a broadcast."""
        number = response.broadcast_number(id)
        answer = _CONTROLS[action](self.api, self.settings.instance_id, number)
        return Status(id, response.AFTER[action], raw=answer)

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Look for what was sent in Ogangi's lists of broadcasts and messages.

        None is only ever said of a broadcast, see `lookup.the_same`: that a message is not in
        the report proves nothing, and an edit leaves no mark at all. A broadcast is known for
        certain when its first message has been sent, or by a name that no other has. Moments
        are compared by Ogangi's clock, which the `Date` of its answers tells.
        """
        doubt: errors.OutcomeUnknown | None = None
        for request in self._readings(broadcast):
            try:
                if isinstance(request, Upload):
                    reported = list(self._lists.messages(*self._period(since)))
                    since_there, _ = self._period(since)
                    return all_messages(reported, request, since_there, self.settings.zone)
                made = self._find(request, since)
            except errors.OutcomeUnknown as error:
                doubt = error
                continue
            if made is not None:
                return _receipts(made, broadcast)
        if doubt is not None:
            raise doubt
        return None

    # Beyond the hooks

    def shortcodes(self) -> tuple[str, ...]:
        """Return the workspace's short and long codes: what `sender` may be.

        They are strings: some begin with zeros.

        Raises:
            ProviderError: Ogangi refused, or was not reached.
        """
        answer = self.api.get_shortcodes(self.settings.instance_id, self.settings.user_name)
        shortcodes = answer.result and answer.result.shortcodes
        return tuple(each.sc.strip() for each in shortcodes or ())

    @property
    def _lists(self) -> Lists:
        return Lists(self.api, self.settings.instance_id)

    def _readings(self, broadcast: Broadcast) -> list[Upload | NewBroadcast]:
        """Say a broadcast in each way that it may have travelled: it may have been a message."""
        if not may_be_message(broadcast):
            return [to_request(broadcast, self.settings)]
        readings = []
        refusal: errors.Unsupported | None = None
        # The file last: its doubt, which has no candidates, is the one that counts.
        for delivery in ("broadcast", "file"):
            try:
                readings.append(to_request(broadcast, self.settings, delivery))
            except errors.Unsupported as error:
                refusal = error
        if not readings and refusal is not None:
            raise refusal
        return readings

    def _upload(self, request: Upload) -> BulkReceipt:
        answer = self.api.send_sms_by_file(
            self.settings.instance_id, m.SendSmsByFileBody(file=request.file)
        )
        listed = answer.result and answer.result.messages
        messages = listed.message if listed else []
        told = [each.status or "" for each in messages if isinstance(each, m.Message)]
        operation = "send_sms_by_file"
        if not told:
            detail = "it says OK, and names no message"
            raise errors.OutcomeUnknown(detail, operation=operation, raw=answer)
        if len(told) == len(messages) and all(map(response.is_unpaid, told)):
            detail = "it says so of every message, so none was sent"
            raise errors.InsufficientFunds(detail, operation=operation, raw=answer)
        receipts = response.match_messages(messages, request.recipients)
        return receipt_of_many(receipts, None, answer)

    def _create(self, request: NewBroadcast) -> m.Broadcast:
        answer = self.api.create_broadcast_from_json(
            self.settings.instance_id,
            request.number,
            request.sender,
            self.settings.user_name,
            request.use_shortcode,
            request.name,
            request.date,
            m.CreateBroadcastFromJsonBody(to=self.write_recipients(request.entries)),
        )
        made = _broadcast_of(answer)
        if made is None:
            detail = "it says OK, and names no broadcast"
            raise errors.OutcomeUnknown(detail, operation="create_broadcast_from_json", raw=answer)
        return made

    def _find(self, request: NewBroadcast, since: datetime) -> m.Broadcast | None:
        if request.number != NEW:
            detail = (
                "an edit leaves no mark that could be looked for. The status of "
                f"{response.broadcast_id(request.number)} tells in raw what the broadcast says now"
            )
            raise errors.OutcomeUnknown(detail, operation="create_broadcast_from_json")
        window = self._window(request, since)
        listed = self._lists.broadcasts(window.days)
        # The answers have told Ogangi's time.
        days, window = window.days, self._window(request, since)
        if window.days != days:
            listed = self._lists.broadcasts(window.days)
        evidence = Evidence(self._lists, request, window.days, self._period(since))
        return the_same(listed, request, window, evidence)

    def _window(self, request: NewBroadcast, since: datetime) -> Window:
        known = self.api.transport.clock_skew is not None
        return Window.of(request, *self._moments(since), self.settings.zone, clock_known=known)

    def _period(self, since: datetime) -> tuple[datetime, datetime]:
        """Return since when and until when messages of a request were sent, by Ogangi's clock."""
        since, now = self._moments(since)
        return since, max(since, now) + CLOCKS

    def _moments(self, since: datetime) -> tuple[datetime, datetime]:
        """Return a moment of ours and the present one by Ogangi's clock, as far as it is known."""
        transport = self.api.transport
        skew = transport.clock_skew or timedelta(0)
        return since + skew, transport.now + skew


_CONTROLS: Mapping[Action, Callable[[Client, int, int], m.Answer]] = {
    Action.PAUSE: Client.suspend_broadcast,
    Action.RESUME: Client.resume_broadcast,
    Action.STOP: Client.stop_broadcast,
    Action.DELETE: Client.delete_broadcast,
}


def _broadcast_of(answer: m.Answer) -> m.Broadcast | None:
    return (answer.result and answer.result.broadcast) or None


def _receipts(made: m.Broadcast, broadcast: Broadcast) -> BulkReceipt:
    state, detail = response.broadcast_state(made)
    receipts = receipts_for(broadcast.recipients, None, state, detail)
    return BulkReceipt(response.broadcast_id(made.id), state, receipts, raw=made)
