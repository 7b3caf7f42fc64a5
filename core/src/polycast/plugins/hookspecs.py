"""The contract between Polycast and a provider: four hooks, and six more for those who can.

Wrappers, which stand around a provider, use the same hooks and two more of their own.

A provider is a class with a `Settings`, a `features` and these hooks, as far as the
provider goes; a hook it cannot honour is simply not there. Each connected client has a
plugin manager of its own, so a hook is only ever called for the account it was made for:
a provider never asks "is this mine?".

A provider that says hello, whole::

    import attrs
    from polycast import Features, Message, ProviderSettings, Receipt, State, hookimpl

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        greeting: str = "hello"

    @attrs.define(eq=False)
    class Hello:
        Settings = Settings
        features = Features(channels=("console",), bulk_limit=1)
        settings: Settings

        @hookimpl
        def send(self, message: Message) -> Receipt:
            print(self.settings.greeting, message.to, message.text)
            return Receipt(id="1", state=State.SENT, to=message.to)

and in its `pyproject.toml`::

    [project.entry-points."polycast.providers"]
    hello = "my_package:Hello"
"""

from collections.abc import Sequence
from datetime import datetime

import attrs
import pluggy

from polycast.model.balance import Balance
from polycast.model.messages import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Message,
    Receipt,
    Reply,
    Report,
    Status,
)

__all__ = ["Account", "Hooks", "ProviderHooks", "WrapperHooks", "hookimpl", "hookspec"]

#: The name of the contract; both markers carry it.
PROJECT = "polycast"

#: Marks a method of a provider (or of a wrapper) as an implementation of a hook.
hookimpl = pluggy.HookimplMarker(PROJECT)
hookspec = pluggy.HookspecMarker(PROJECT)


class ProviderHooks:
    """The hooks. Every one may raise the errors of `polycast.errors`, and no others.

    Several threads may call them at once: the calls of one broadcast are made side by side.
    """

    @hookspec
    def prepare(self, request: Message | Broadcast) -> object:
        """Build what `send` or `send_bulk` will send, or refuse the request; optional.

        `request` is a message, or one batch of a broadcast. The returned payload may be any
        object; `send` and `send_bulk` get it as their second parameter, if they name one.
        `prepare` must not reach the network. Every batch of a broadcast is prepared before the
        first one is sent. A dry run and the planning of a campaign drop the payload, so bytes
        are better encoded in `send`. After a temporary error `send_bulk` gets the same payload
        again: it must not be used up. The client has already refused what `Features` rules
        out::

            @hookimpl
            def prepare(self, request: Message | Broadcast) -> AcmeMessage:
                return to_acme(request)  # raises UsageError or Unsupported
        """

    @hookspec(firstresult=True)
    def send(self, message: Message, payload: object) -> Receipt:
        """Send one message.

        `payload` is what `prepare` returned for this message; without `prepare` leave the
        parameter out. The client has already refused what `Features` rules out::

            @hookimpl
            def send(self, message: Message, payload: AcmeMessage) -> Receipt:
                answer = self.api.create_message(payload)
                return to_receipt(answer, message)
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def send_bulk(self, broadcast: Broadcast, payload: object) -> BulkReceipt:
        """Send one broadcast in one call; `recipients` is a tuple within the bulk limit.

        A provider whose calls take one recipient leaves it out, and states `bulk_limit=1`: a
        broadcast is then sent by `send`, and `prepare` gets messages only.

        `payload` is what `prepare` returned for this broadcast; without `prepare` leave the
        parameter out. Where `Features.personalisation` is NONE, every recipient of the tuple
        has the same text, already filled in as `broadcast.text`, and the same `template`::

            @hookimpl
            def send_bulk(self, broadcast: Broadcast, payload: AcmeBroadcast) -> BulkReceipt:
                answer = self.api.create_broadcast(payload)
                return to_bulk_receipt(answer, broadcast)
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def status(self, id: str) -> Status:
        """Tell how far a message or broadcast has come.

        `id` is one that a receipt gave out::

            @hookimpl
            def status(self, id: str) -> Status:
                return to_status(self.api.get_broadcast(id))
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def statuses(self, ids: Sequence[str]) -> list[Status]:
        """Tell how far many messages or broadcasts have come, in few calls; optional.

        Worth having where the provider lists many at once. `ids` are two or more that receipts
        gave out. The answer may be in any order. What it leaves out is asked for by `status`, one
        at a time::

            @hookimpl
            def statuses(self, ids: Sequence[str]) -> list[Status]:
                rows = self.api.list_messages(ids=list(ids)).messages
                return [to_status(row) for row in rows]
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def control(self, id: str, action: Action) -> Status:
        """Pause, resume, stop or delete a broadcast.

        Only actions in `Features.actions` arrive::

            @hookimpl
            def control(self, id: str, action: Action) -> Status:
                ACTIONS[action](self.api, id)
                return Status(id=id, state=AFTER[action])
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def balance(self) -> Balance:
        """Tell what is left on the account; optional.

        It only reads::

        @hookimpl
        def balance(self) -> Balance:
            told = self.api.get_balance()
            return Balance(Decimal(told.balance), told.currency)
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def verify(self, request: CallbackRequest) -> bool:
        """Tell whether a pushed request comes from the provider; optional.

        Asked before `receive`, which is not asked if this returns False: the client raises
        UnverifiedRequest. It checks a signature or a token with the account's secret, compared
        in constant time, and only reads::

            @hookimpl
            def verify(self, request: CallbackRequest) -> bool:
                made = hmac.digest(self.settings.secret.encode(), request.body, "sha256").hex()
                return hmac.compare_digest(made, request.header("X-Acme-Signature") or "")

        Raises UsageError where the settings or the request lack what the check needs.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def receive(self, request: CallbackRequest) -> list[Report | Reply]:
        """Understand what the provider pushes; optional.

        That are reports pushed to a `callback_url`, and what people write back. One request may
        hold many reports, and the same report may come twice. A row that cannot be understood is
        a `Report` of state UNKNOWN, so that it costs no other row::

            @hookimpl
            def receive(self, request: CallbackRequest) -> list[Report | Reply]:
                return [to_report(row) for row in read_rows(request.body)]

        Raises UsageError when the request is none of the provider's.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Ask the provider whether a broadcast arrived whose reply was lost; optional.

        `broadcast` is what `send_bulk` was given (or one recipient, for a lost `send`), and
        `since` a moment before it left. None says that the provider does not have it; where
        that cannot be told for sure, raise OutcomeUnknown, whose `candidates` are the ids of all
        that it may be, if they can all be named. It only reads::

            @hookimpl
            def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
                for made in self.api.list_broadcasts(after=since).results:
                    if made.reference == reference_of(broadcast):
                        return to_bulk_receipt(made, broadcast)
                return None
        """
        raise NotImplementedError


@attrs.frozen
class Account:
    """Whose calls these are.

    Two accounts are equal when they were connected by the same name with the same settings.

    Args:
        provider: the provider's name, e.g. `"hyber"`.
        name: what `connect` was given: a profile's name, or the provider's.
        settings: the provider's own, which may hold secrets.
    """

    provider: str
    name: str
    settings: object = attrs.field(default=None, repr=False)


class WrapperHooks:
    """What only wrappers are asked, besides the hooks of providers."""

    @hookspec
    def connected(self, account: Account) -> None:
        """Learn whose calls these will be; optional.

        Called once for each client that the wrapper acts for, before anything else::

            @hookimpl
            def connected(self, account: Account) -> None:
                self.label = f"{account.name} at {account.provider}"
        """

    @hookspec(firstresult=True)
    def suppression_reason(self, to: str) -> str | None:
        """Return why this address must not be written to, or None if it may be; optional.

        Asked about the recipient of a message and about each of a broadcast, before anything
        leaves. A message is then refused with `Suppressed`; of a broadcast, the others are sent
        to. The reason is the end of a sentence, and comes back in the receipt::

            @hookimpl
            def suppression_reason(self, to: str) -> str | None:
                return "it is a landline" if to.startswith("+38044") else None
        """


class Hooks(ProviderHooks, WrapperHooks):
    """All that a client can ask of its provider and its wrappers."""
