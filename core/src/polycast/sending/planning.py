"""Plans a broadcast: checks every recipient, and divides the list into calls to the provider."""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from polycast.errors import Suppressed, Unsupported, UsageError
from polycast.model.features import Personalisation
from polycast.model.messages import Broadcast, Receipt, Recipient, State
from polycast.plugins.caller import HookCaller
from polycast.sending.admission import Admission, prepare_batch
from polycast.sending.division import Divider
from polycast.sending.duplicates import DUPLICATE, Duplicates, Placed
from polycast.sending.queue import QueuedBatch

__all__ = ["Plan", "plan"]


@attrs.frozen
class Plan:
    """What will be sent: every recipient once, and the calls they are divided into.

    Args:
        recipients: all of them, in the order given.
        batches: the calls; their places are those in `recipients`.
        left_out: who is not sent to, duplicates and the suppressed: their places in
            `recipients`, and why, as the end of a sentence.
    """

    recipients: tuple[Recipient, ...]
    batches: tuple[QueuedBatch, ...]
    left_out: Mapping[int, str] = attrs.field(factory=dict)

    def receipts(self) -> dict[int, Receipt]:
        """Return a receipt for each recipient who is left out, by their places."""
        receipts = {}
        for place, reason in self.left_out.items():
            to, reference = self.recipients[place].to, self.recipients[place].reference
            receipts[place] = Receipt(None, State.CANCELLED, to, reference, f"not sent: {reason}")
        return receipts


def plan(
    caller: HookCaller, broadcast: Broadcast, *, sent: bool = False, suppress: bool = True
) -> Plan:
    """Check a whole broadcast and divide it into calls, before anything is sent.

    A recipient who would get the same text a second time is left out.

    Args:
        caller: the account.
        broadcast: what is to be sent.
        sent: whether it was sent, and is looked up: then nothing is prepared, and `send_at` may
            have passed.
        suppress: whether wrappers are asked who must not be written to.

    Raises:
        UsageError: there are no recipients, or one of them cannot be sent to as asked.
        Suppressed: none of the recipients may be written to.
    """
    features = caller.features
    suppression = caller.suppression_reason if suppress and caller.has_suppression else None
    admission = Admission(caller.account.provider, features, broadcast, suppression)
    if not sent:
        admission.check_moment()
    recipients = tuple(_checked(broadcast.recipients))
    if not recipients:
        raise UsageError("The broadcast has no recipients.")
    left_out: dict[int, str] = {}
    said: list[Placed] = []
    for place, recipient in enumerate(recipients):
        try:
            said.append(admission.admit(place, recipient))
        except Suppressed as error:
            left_out[place] = str(error)
        except UsageError as error:
            raise _at_place(error, place, recipient) from None
    if not said:
        raise Suppressed(
            f"None of the recipients may be written to: {recipients[0].to}: {left_out[0]}."
        )
    duplicates = Duplicates(features.normal_form).find(said)
    left_out |= {
        place: DUPLICATE
        for (place, _, _), is_duplicate in zip(said, duplicates, strict=True)
        if is_duplicate
    }
    divider = Divider(features, features.bulk_limit or len(recipients))
    divided = [
        *divider.add([each for each in said if each[0] not in left_out]),
        *divider.rest(),
    ]
    one_text = features.personalisation is Personalisation.NONE
    batches: list[QueuedBatch] = []
    for places, people in sorted(divided, key=lambda each: each[0]):
        text, template = broadcast.text, broadcast.template
        if one_text:
            text = admission.text_for(people[0])
            template = broadcast.template_for(people[0])
            people = [attrs.evolve(recipient, text=None) for recipient in people]
        part = attrs.evolve(broadcast, text=text, template=template, recipients=tuple(people))
        batches.append(QueuedBatch((len(batches),), part, tuple(places)))
    for queued in () if sent else batches:
        queued.prepared, refused = prepare_batch(caller.prepare, queued.broadcast)
        for at, refusal in refused.items():
            raise _at_place(refusal, queued.places[at], recipients[queued.places[at]])
    return Plan(recipients, tuple(batches), left_out)


def _at_place(error: UsageError, place: int, recipient: Recipient) -> UsageError:
    """Return an error about one recipient as a sentence that names it.

    Args:
        error: whose words are the end of the sentence.
        place: of the recipient in the list, from 0; people count from 1.
        recipient: who it is about.
    """
    detail = f"Recipient {place + 1}, {recipient.to}: {str(error).rstrip('.')}."
    named = Unsupported(detail) if isinstance(error, Unsupported) else UsageError(detail)
    for note in getattr(error, "__notes__", ()):
        named.add_note(note)
    return named


def _checked(recipients: Iterable[Recipient | str]) -> Iterator[Recipient]:
    for place, recipient in enumerate(recipients, start=1):
        try:
            yield recipient if isinstance(recipient, Recipient) else Recipient(recipient)
        except UsageError as error:
            raise UsageError(f"Recipient {place}: {error}") from None
