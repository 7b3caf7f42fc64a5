"""One broadcast as the calls a provider needs for it, and their answers as one again."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, unquote

import attrs

from polycast.errors import (
    AuthenticationFailed,
    InsufficientFunds,
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    RateLimited,
    Suppressed,
    UsageError,
)
from polycast.features import Features, Personalisation
from polycast.model import (
    Batch,
    Broadcast,
    BulkReceipt,
    Receipt,
    Recipient,
    Report,
    Reports,
    State,
    Status,
)
from polycast.text import Template

__all__ = ["Plan", "join_ids", "merge_statuses", "plan", "split_ids", "submit"]


@attrs.frozen
class Plan:
    """What will be sent: every recipient once, and the calls they are divided into.

    Args:
        recipients: all of them, in the order given.
        batches: each a broadcast for one call, with its recipients' places in `recipients`.
        suppressed: who must not be written to: their places in `recipients`, and why.
    """

    recipients: tuple[Recipient, ...]
    batches: tuple[tuple[Broadcast, tuple[int, ...]], ...]
    suppressed: Mapping[int, str] = attrs.field(factory=dict)

    def left_out(self) -> dict[int, Receipt]:
        """Return a receipt for each of the suppressed, by their places."""
        receipts = {}
        for place, words in self.suppressed.items():
            to, reference = self.recipients[place].to, self.recipients[place].reference
            receipts[place] = Receipt(None, State.CANCELLED, to, reference, f"not sent: {words}")
        return receipts


def plan(
    provider: str,
    features: Features,
    broadcast: Broadcast,
    screen: Callable[[str], str | None] | None = None,
) -> Plan:
    """Check a whole broadcast and divide it into calls, before anything is sent.

    Args:
        provider: its name, for errors.
        features: what it can do.
        broadcast: what is to be sent.
        screen: says why an address must not be written to, or None; None asks about nobody.

    Raises:
        UsageError: nobody to send to, nothing to say, a variable is missing.
        Suppressed: none of the recipients may be written to.
        Unsupported: an address or a field that the provider cannot be told.
    """
    features.check_content(provider, broadcast)
    recipients = tuple(_checked(broadcast.recipients))
    if not recipients:
        raise UsageError("The broadcast has no recipients.")
    template = Template.parse(broadcast.text) if broadcast.text is not None else None
    for place, recipient in enumerate(recipients, start=1):
        features.check_address(provider, recipient)
        if recipient.text is None:
            _check_says_something(features, broadcast, template, place, recipient)
    suppressed = {} if screen is None else _suppressed(recipients, screen)
    places = [place for place in range(len(recipients)) if place not in suppressed]
    groups: dict[str | None, list[int]] = {}
    if features.personalisation is Personalisation.NONE:
        for place in places:
            groups.setdefault(broadcast.text_for(recipients[place]), []).append(place)
    else:
        groups[broadcast.text] = places
    limit = features.bulk_limit or len(recipients)
    batches = []
    for text, members in groups.items():
        for start in range(0, len(members), limit):
            chosen = tuple(members[start : start + limit])
            batch = tuple(recipients[place] for place in chosen)
            if features.personalisation is Personalisation.NONE:
                batch = tuple(attrs.evolve(recipient, text=None) for recipient in batch)
            batches.append((attrs.evolve(broadcast, text=text, recipients=batch), chosen))
    return Plan(recipients, tuple(batches), suppressed)


def _suppressed(
    recipients: Sequence[Recipient], screen: Callable[[str], str | None]
) -> dict[int, str]:
    """Return the places of those who must not be written to, and why."""
    found = {}
    for place, recipient in enumerate(recipients):
        words = screen(recipient.to)
        if words is not None:
            found[place] = words
    if len(found) == len(recipients):
        raise Suppressed(
            f"None of the recipients may be written to: {recipients[0].to}: {found[0]}."
        )
    return found


def _checked(recipients: Iterable[Recipient | str]) -> Iterator[Recipient]:
    for place, recipient in enumerate(recipients, start=1):
        try:
            yield recipient if isinstance(recipient, Recipient) else Recipient(recipient)
        except UsageError as error:
            raise UsageError(f"Recipient {place}: {error}") from None


def _check_says_something(
    features: Features,
    broadcast: Broadcast,
    template: Template | None,
    place: int,
    recipient: Recipient,
) -> None:
    if template is None:
        if not features.says_without_text(broadcast):
            raise UsageError(f"There is nothing to say to recipient {place}, {recipient.to}.")
        return
    missing = template.missing(recipient.variables)
    if missing:
        named = ", ".join("{" + name + "}" for name in missing)
        raise UsageError(f"Recipient {place}, {recipient.to}, lacks what the text needs: {named}.")


#: After these, the batches that follow would fare no better.
_HOPELESS = (AuthenticationFailed, InsufficientFunds, ProviderUnavailable, RateLimited)


def submit(plan: Plan, send: Callable[[Broadcast], BulkReceipt]) -> BulkReceipt:
    """Make the calls in turn, and answer for every recipient whatever happens.

    A batch that is refused does not stop the others; one that shows that none will succeed
    (no credit, wrong credentials, no connection) leaves the rest unsent, and says so. The
    failure of the whole raises.

    Args:
        plan: the calls.
        send: makes one.
    """
    receipts = plan.left_out()
    batches: list[Batch] = []
    failure: PolycastError | None = None
    for broadcast, places in plan.batches:
        chosen = [plan.recipients[place] for place in places]
        if isinstance(failure, _HOPELESS):
            batch = Batch(None, State.CANCELLED, len(places), failure)
            told: Sequence[Receipt] = ()
            words: str | None = f"not submitted, because an earlier batch failed: {failure}"
        else:
            batch, told, words = _submit_one(broadcast, len(places), send)
            failure = batch.error or failure
        batches.append(batch)
        if len(told) != len(places):
            told = [
                Receipt(None, batch.state, recipient.to, recipient.reference, words, batch.raw)
                for recipient in chosen
            ]
        receipts.update(zip(places, told, strict=True))
    if failure is not None and all(batch.error for batch in batches) and not _in_doubt(batches):
        raise failure
    if len(batches) == 1 and failure is not None:
        raise failure
    return BulkReceipt(
        id=join_ids([batch.id for batch in batches if batch.id is not None]),
        state=State.overall([batch.state for batch in batches]),
        receipts=tuple(receipts[place] for place in range(len(plan.recipients))),
        batches=tuple(batches),
        raw=batches[0].raw if len(batches) == 1 else None,
    )


def look_up(plan: Plan, ask: Callable[[Broadcast], BulkReceipt | None]) -> BulkReceipt | None:
    """Ask about every call of a plan whether it arrived, and answer for the whole.

    Args:
        plan: the calls, as they were made.
        ask: asks about one; None when the provider does not have it.
    """
    found = [ask(broadcast) for broadcast, _ in plan.batches]
    if not any(found):
        return None
    answers = iter(answer or BulkReceipt(None, State.UNKNOWN, (), raw=None) for answer in found)
    return submit(plan, lambda _: next(answers))


def _submit_one(
    broadcast: Broadcast, size: int, send: Callable[[Broadcast], BulkReceipt]
) -> tuple[Batch, Sequence[Receipt], str | None]:
    try:
        answer = send(broadcast)
    except PolycastError as error:
        # A provider that failed on its own side may have done the work before.
        lost = isinstance(error, OutcomeUnknown | ProviderUnavailable) and not error.safe_to_retry
        return Batch(None, State.UNKNOWN if lost else State.REJECTED, size, error), (), str(error)
    return Batch(answer.id, answer.state, size, None, answer.raw), answer.receipts, None


def _in_doubt(batches: Sequence[Batch]) -> bool:
    return any(isinstance(batch.error, OutcomeUnknown) for batch in batches)


# A broadcast that took several calls is known by all of their ids at once.

_KIND = "batches:"


def join_ids(ids: Sequence[str]) -> str | None:
    """Return one id for several batches; a single id stays as it is."""
    if len(ids) < 2:
        return ids[0] if ids else None
    return _KIND + ",".join(quote(each, safe=":") for each in ids)


def split_ids(joined: str) -> list[str]:
    """Return the ids that `join_ids` put together."""
    if not joined.startswith(_KIND):
        return [joined]
    return [unquote(each) for each in joined.removeprefix(_KIND).split(",") if each]


def merge_statuses(joined: str, statuses: Sequence[Status]) -> Status:
    """Return the status of a whole from those of its batches."""
    if len(statuses) == 1:
        return attrs.evolve(statuses[0], id=joined)
    counts: Counter[State] = Counter()
    for status in statuses:
        counts.update(dict(status.counts))
    started = [status.started_at for status in statuses if status.started_at]
    finished = [status.finished_at for status in statuses if status.finished_at]
    expected = [status.expected for status in statuses if status.expected is not None]
    return Status(
        id=joined,
        state=State.overall([status.state for status in statuses]),
        counts=_mapping(counts),
        reports=Reports(lambda: _chained(statuses)),
        started_at=min(started, default=None),
        finished_at=max(finished) if len(finished) == len(statuses) else None,
        expected=sum(expected) if len(expected) == len(statuses) else None,
        final=all(status.is_final for status in statuses),
        raw=[status.raw for status in statuses],
    )


def _mapping(counts: "Counter[State]") -> Mapping[State, int]:
    return dict(counts)


def _chained(statuses: Sequence[Status]) -> Iterator[Report]:
    for status in statuses:
        yield from status.reports
