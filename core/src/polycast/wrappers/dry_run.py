"""Nothing is sent, and everything else is as it would be."""

import itertools

import attrs

from polycast.model.messages import Action, Broadcast, BulkReceipt, Message, Receipt, State, Status
from polycast.plugins.hookspecs import hookimpl

__all__ = ["DryRun"]

#: What the ids begin with that nothing was sent under.
_KIND = "dry-run:"
_WORDS = "dry run: nothing was sent"

_numbers = itertools.count(1)


@attrs.define(eq=False)
class DryRun:
    """Answers in the provider's place, so that nothing is sent and nothing is changed.

    All that comes before a request happens as it would: what the provider cannot be told is
    refused, whoever is suppressed is left out. Then each receipt is CANCELLED, its words say
    `dry run: nothing was sent`, and its id can be asked about: the status is CANCELLED as well,
    so a script runs to its end. An action on what was really sent is not passed on; the answer is
    UNKNOWN. What only reads reaches the provider.

    Wrappers that surround calls see a dry run wherever it is named. `client.api` is not wrapped:
    what is called there is sent.
    """

    # First of all who may answer: a provider that asks to come first is none the less not asked.
    @hookimpl(tryfirst=True)
    def send(self, message: Message) -> Receipt:
        """Answer that nothing was sent."""
        return Receipt(_new_id(), State.CANCELLED, message.to, detail=_WORDS)

    @hookimpl(tryfirst=True)
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        """Answer for each recipient that nothing was sent."""
        receipts = tuple(
            Receipt(None, State.CANCELLED, each.to, each.reference, _WORDS)
            for each in broadcast.recipients
        )
        return BulkReceipt(_new_id(), State.CANCELLED, receipts)

    @hookimpl(tryfirst=True)
    def control(self, id: str, action: Action) -> Status:
        """Answer that nothing was changed."""
        if id.startswith(_KIND):
            return Status(id, State.CANCELLED, detail=_WORDS)
        return Status(id, State.UNKNOWN, detail=f"dry run: it was not told to {action}")

    @hookimpl(tryfirst=True)
    def status(self, id: str) -> Status | None:
        """Answer for what was not sent; the provider answers for the rest."""
        if id.startswith(_KIND):
            return Status(id, State.CANCELLED, detail=_WORDS)
        return None


def _new_id() -> str:
    return f"{_KIND}{next(_numbers)}"
