"""The provider that a route is: it hands each call to one of its members."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

import attrs

from polycast.client import Client, caller_of, prepare_message
from polycast.config.settings import ProviderSettings
from polycast.errors import (
    NotFound,
    OutcomeUnknown,
    PolycastError,
    Rejected,
    UsageError,
)
from polycast.model.features import Features, Personalisation
from polycast.model.messages import (
    Action,
    Broadcast,
    BulkReceipt,
    Message,
    Receipt,
    Report,
    Reports,
    Status,
)
from polycast.model.templates import literal
from polycast.plugins.caller import HookCaller, Prepared
from polycast.plugins.hookspecs import hookimpl
from polycast.routes.turns import Turns
from polycast.sending.admission import Admission

__all__ = ["Member", "Route"]

A = TypeVar("A", Receipt, BulkReceipt)
R = TypeVar("R", Message, Broadcast)
T = TypeVar("T")

#: Between a member's name and the id that its provider gave.
_SLASH = "/"


@attrs.frozen
class Member:
    """One account of a route.

    Args:
        client: makes its calls.
        content: fields of `Message` that take the place of the message's own at this member.
    """

    client: Client
    content: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def name(self) -> str:
        """What `connect` was given."""
        return self.client.account.name

    @property
    def caller(self) -> HookCaller:
        """What makes its calls; asked for each time, since an outbox may take its place."""
        return caller_of(self.client)

    def id(self, given: str | None) -> str | None:
        """Return the route's id for one that the member gave."""
        return None if given is None else f"{self.name}{_SLASH}{given}"


class Route:
    """Is to a client what a provider is.

    A call moves on to the next member only where its error says that nothing was carried out. A
    doubt stays with its provider. So does the refusal of a recipient whom the provider names: who
    is opted out at one provider is not written to through another.
    """

    Settings = ProviderSettings

    def __init__(self, name: str, members: Sequence[Member], turns: Turns) -> None:
        """Take clients that are connected.

        Args:
            name: what errors call the route.
            members: in the order of preference.
            turns: says in which order they are tried.
        """
        self.name = name
        self.members = {member.name: member for member in members}
        self.features = _common([member.client.features for member in members])
        self._turns = turns

    def close(self) -> None:
        """Close the connections of all members."""
        for member in self.members.values():
            member.client.close()

    # What is asked before anything is sent.

    @hookimpl
    def suppression_reason(self, to: str) -> str | None:
        """Return the first objection of a member's wrappers."""
        for member in self.members.values():
            reason = member.caller.suppression_reason(to)
            if reason is not None:
                return reason
        return None

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> Mapping[str, Prepared[Any]]:
        """Check the request against every member, and build what each would send."""
        if isinstance(request, Message):
            return {
                member.name: prepare_message(member.caller, self._said_by(member, request))
                for member in self.members.values()
            }
        return {
            member.name: _prepare_batch(member.caller, self._said_by(member, request))
            for member in self.members.values()
        }

    def _said_by(self, member: Member, request: R) -> R:
        """Return the request as a member sends it: its text says the same at every provider."""
        own, features = attrs.evolve(request, **member.content), member.client.features
        if own.text is not None and features.escape is not None:
            own = attrs.evolve(own, text=features.escape(own.text, ""))
        is_filled = self.features.personalisation is Personalisation.NONE
        if is_filled and features.personalisation is not Personalisation.NONE:
            return _with_literal_braces(own)
        return own

    def _as_sent(self, member: Member, batch: Broadcast) -> list[Broadcast]:
        """Return all that a member may have been given to send: some know a call by its form.

        A batch for one recipient may also have been a single message, whose text is the
        recipient's own (`Message.as_broadcast`).
        """
        sent = [self._said_by(member, batch)]
        recipients = tuple(batch.recipients)
        if len(recipients) == 1 and recipients[0].text is None and sent[0].text is not None:
            [recipient] = recipients
            own = attrs.evolve(recipient, text=sent[0].text_for(recipient))
            if member.client.features.personalisation is not Personalisation.NONE:
                sent.append(attrs.evolve(sent[0], text=None, recipients=(own,)))
        return sent

    def short_circuit(self, hook: Literal["send", "send_bulk"]) -> str | None:
        """Return the label of a member's wrapper that answers without the provider."""
        labels = (member.caller.short_circuit(hook) for member in self.members.values())
        return next((label for label in labels if label is not None), None)

    # The calls.

    @hookimpl
    def send(self, message: Message, payload: Mapping[str, Prepared[Message]]) -> Receipt:
        """Send one message through the first member that takes it."""

        def through(member: Member) -> Receipt:
            receipt = member.caller.send(payload[member.name])
            return attrs.evolve(receipt, id=member.id(receipt.id))

        return self._try("send", through, single=True)

    @hookimpl
    def send_bulk(
        self, broadcast: Broadcast, payload: Mapping[str, Prepared[Broadcast]]
    ) -> BulkReceipt:
        """Send one batch through the first member that takes it."""
        single = len(tuple(broadcast.recipients)) == 1
        return self._try(
            "send_bulk",
            lambda member: _with_ids(member, member.caller.send_bulk(payload[member.name])),
            single=single,
        )

    def _try(self, hook: str, through: Callable[[Member], A], *, single: bool) -> A:
        errors: dict[str, PolycastError] = {}
        for name in self._turns.order():
            member = self.members[name]
            try:
                answer = through(member)
            except PolycastError as error:
                if not isinstance(error, Rejected | UsageError):
                    self._turns.failed(name, getattr(error, "retry_after", None))
                if not _moves(error, member, single=single):
                    _note(error, errors)
                    raise
                errors[name] = error
            else:
                self._turns.succeeded(name)
                return answer
        raise _most_hopeful(errors)

    @hookimpl
    def status(self, id: str) -> Status:
        """Ask the member that carried it."""
        member, own = self._find(id, "status")
        return _status(member, id, member.client.status(own))

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Tell the member that carried it."""
        member, own = self._find(id, "control")
        return _status(member, id, member.client.control(own, action))

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Ask every member: the reply that was lost may be anybody's."""
        unknown: dict[str, PolycastError] = {}
        for member in self.members.values():
            for sent in self._as_sent(member, broadcast):
                try:
                    found = member.caller.lookup(sent, since)
                except PolycastError as error:
                    unknown[member.name] = error
                else:
                    if found is not None:
                        return _with_ids(member, found)
        if not unknown:
            return None
        raise OutcomeUnknown(
            "; ".join(f"{name}: {error}" for name, error in unknown.items()),
            provider=self.name,
            operation="lookup",
        )

    def _find(self, id: str, operation: str) -> tuple[Member, str]:
        name, slash, own = id.partition(_SLASH)
        if not slash or not own or name not in self.members:
            raise NotFound(
                f"{id!r} is no id of this route: its ids begin with "
                + " or ".join(f"{each}{_SLASH}" for each in self.members),
                provider=self.name,
                operation=operation,
            )
        return self.members[name], own


def _moves(error: PolycastError, member: Member, *, single: bool) -> bool:
    """Return whether a call that failed is made again through the next member."""
    if error.carried_out is not False:
        return False
    if not isinstance(error, Rejected):
        return True
    if error.refused:
        return False  # the others are sent to in a new call, which begins anew
    # One recipient may be the cause: the dispatcher divides the call until it is found.
    return single or not member.client.features.all_or_nothing


def _most_hopeful(errors: Mapping[str, PolycastError]) -> PolycastError:
    """Return the error to raise where nobody took it: one after which trying again makes sense."""
    listed = list(errors.values())
    chosen = next(
        (error for error in listed if error.safe_to_retry),
        next((error for error in listed if not isinstance(error, Rejected)), listed[-1]),
    )
    _note(chosen, {name: error for name, error in errors.items() if error is not chosen})
    return chosen


def _note(error: PolycastError, before: Mapping[str, PolycastError]) -> None:
    for name, each in before.items():
        error.add_note(f"{name} was tried as well: {each}")


def _with_literal_braces(request: R) -> R:
    """Return a broadcast whose text is a template that says what its text is; a message as it is.

    Where a provider fills in nothing, the text of a batch has been filled in: its braces are
    braces.
    """
    if isinstance(request, Message):
        return request
    text, template = request.text, request.template
    return attrs.evolve(
        request,
        text=None if text is None else literal(text),
        template=None if template is None else template.with_values(literal),
    )


def _prepare_batch(caller: HookCaller, batch: Broadcast) -> Prepared[Broadcast]:
    """Check a batch to the last rule of one member, and build what it would send.

    Raises:
        UsageError: it cannot be sent as asked.
    """
    caller.require("send_bulk")
    is_filled = caller.features.personalisation is Personalisation.NONE
    content = _with_literal_braces(batch) if is_filled else batch
    admission = Admission(caller.account.provider, caller.features, content)
    for recipient in batch.recipients:
        admission.check(recipient)
    return caller.prepare(batch)


def _with_ids(member: Member, answer: BulkReceipt) -> BulkReceipt:
    """Return a member's answer with the ids of the route."""
    return attrs.evolve(
        answer,
        id=member.id(answer.id),
        receipts=tuple(attrs.evolve(each, id=member.id(each.id)) for each in answer.receipts),
        batches=tuple(attrs.evolve(each, id=member.id(each.id)) for each in answer.batches),
    )


def _status(member: Member, id: str, status: Status) -> Status:
    """Return a member's status with the ids of the route; its reports stay unread."""

    def renamed() -> Iterator[Report]:
        for report in status.reports:
            aliases = tuple(f"{member.name}{_SLASH}{each}" for each in report.aliases)
            yield attrs.evolve(report, id=member.id(report.id), aliases=aliases)

    reports = status.reports if status.reports == () else Reports(renamed)
    return attrs.evolve(status, id=id, reports=reports)


def _common(each: Sequence[Features]) -> Features:
    """Return the features of a route.

    What may be said is what any member can be told: each refuses in its own words what it cannot.
    How a list is divided suits all of them.
    """

    def any_of(name: str) -> bool:
        return any(getattr(features, name) for features in each)

    def all_of(names: Iterable[Iterable[T]]) -> tuple[T, ...]:
        return tuple(dict.fromkeys(name for listed in names for name in listed))

    limits = [features.bulk_limit for features in each if features.bulk_limit is not None]
    kinds = {features.options for features in each}
    return Features(
        channels=all_of(features.channels for features in each),
        schemes=all_of(features.schemes for features in each),
        exclusive_schemes=all_of(features.exclusive_schemes for features in each),
        bulk_limit=min(limits, default=None),
        personalisation=max((features.personalisation for features in each), key=_WEAKEST.index),
        all_or_nothing=any_of("all_or_nothing"),
        text_required=all(features.text_required for features in each),
        scheduling=any_of("scheduling"),
        ttl=any_of("ttl"),
        sender=any_of("sender"),
        media=any_of("media"),
        callbacks=any_of("callbacks"),
        reports=any_of("reports"),
        codes=any_of("codes"),
        segments=any_of("segments"),
        prices=any_of("prices"),
        templates=any_of("templates"),
        lookup=all(features.lookup for features in each),
        actions=frozenset(all_of(features.actions for features in each)),
        options=kinds.pop() if len(kinds) == 1 else None,
        normal_form=next((features.normal_form for features in each if features.normal_form), None),
    )


#: The strongest first.
_WEAKEST = (Personalisation.VARIABLES, Personalisation.TEXTS, Personalisation.NONE)
