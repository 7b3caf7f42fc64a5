"""A dry run: nothing is sent, everything else is done."""

import itertools

import attrs

from polycast.model.messages import Action, Broadcast, BulkReceipt, Message, Receipt, State, Status
from polycast.plugins.hookspecs import hookimpl

__all__ = ["DryRun"]

#: Prefix of the ids of a dry run.
_KIND = "dry-run:"
_WORDS = "dry run: nothing was sent"

_numbers = itertools.count(1)


@attrs.define(eq=False)
class DryRun:
    """Answers instead of the provider: nothing is sent and nothing is changed.

    Everything before the request is done: what the provider does not support is refused, and
    suppressed recipients are left out. Then each receipt is CANCELLED, its words say
    `dry run: nothing was sent`, and its id can be asked about: the status is CANCELLED as well,
    so a script runs to its end. An action on what was really sent is not passed on; the answer is
    UNKNOWN. What only reads reaches the provider.

    Wrappers that surround calls see a dry run wherever it is named. `client.api` is not wrapped:
    what is called there is sent.
    """

    # Called before a provider that asks to be first.
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
        """Answer for ids of the dry run; ask the provider about others."""
        if id.startswith(_KIND):
            return Status(id, State.CANCELLED, detail=_WORDS)
        return None


def _new_id() -> str:
    return f"{_KIND}{next(_numbers)}"
