"""A single message in doubt: what the provider is asked, and which of its answers are believed."""

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Row, select

from polycast.campaign import schema
from polycast.campaign.finding import in_batches
from polycast.campaign.same_ids import owner_of_id
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import InFlight, OutcomeUnknown, PolycastError
from polycast.model.messages import Message, Receipt

__all__ = ["Doubt"]

#: Seconds after which a question that failed is asked again.
_SOON = 1.0

_s = schema.sends.c


@attrs.frozen
class Doubt:
    """Asks about one message.

    Args:
        store: the ledger's database.
        client: the account.
        message: what was sent.
        key: of the message.
        resend_in_doubt: the caller's word to send again what is in doubt.
    """

    store: Store
    client: Client
    message: Message
    key: str | None
    resend_in_doubt: bool

    def ask(self, row: "Row[Any]", since: datetime) -> Receipt | None:
        """Return what the provider has of the message; None where it has nothing.

        Args:
            row: of the message.
            since: a moment before it was sent.

        Raises:
            InFlight: the question failed, and may be asked again.
            OutcomeUnknown: the provider cannot tell, or what it has may be another message.
        """
        try:
            answer = self.client.lookup(self.message, since)
        except OutcomeUnknown as error:
            candidates = error.candidates
            if candidates and all(self._owner(row, each) for each in candidates):
                return None
            if self.resend_in_doubt:
                return None
            raise self.unknown(error.detail or str(error)) from error
        except PolycastError as error:
            if error.safe_to_retry:
                # It was a question: the next call asks it again.
                raise self.later(getattr(error, "retry_after", None) or _SOON, error) from error
            raise self.unknown(f"the provider could not be asked: {error}") from error
        if answer is None:
            return None
        receipt = answer.receipts[0] if answer.receipts else None
        id = receipt.id if receipt is not None and receipt.id else answer.id
        other = self._twin(row) or (self._owner(row, id) if id else None)
        if other is not None:
            raise self.unknown(f"the provider knows one alike, which may be {other}")
        state = answer.state if receipt is None else receipt.state
        detail = None if receipt is None else receipt.detail
        return Receipt(id, state, self.message.to, detail=detail, raw=answer.raw)

    def _owner(self, row: "Row[Any]", provider_id: str) -> str | None:
        """Return what else in the ledger has this id at the provider."""
        provider = self.client.provider_name
        with self.store.read() as connection:
            known = owner_of_id(connection, provider, provider_id, but_message=row.id)
            if known is not None:
                return known
            # Recipients of campaigns have ids of their own, which no index knows.
            for found in in_batches(connection, provider_id, is_sqlite=self.store.is_sqlite):
                if found.provider == provider and found.message_id == provider_id:
                    return f"the message of {found.campaign} to {found.to}"
        return None

    def _twin(self, row: "Row[Any]") -> str | None:
        """Return another message in doubt with the same recipient and content, if there is one."""
        with self.store.read() as connection:
            twin = connection.scalar(
                select(_s.id)
                .where(
                    _s.address == row.address,
                    _s.provider == row.provider,
                    _s.content == row.content,
                    _s.state.in_([BatchState.SUBMITTING, BatchState.IN_DOUBT]),
                    _s.id != row.id,
                )
                .limit(1)
            )
        return None if twin is None else "another message with the same content, in doubt, too"

    def later(self, seconds: float, error: PolycastError | None = None) -> InFlight:
        """Return the error that asks the caller to try again in so many seconds."""
        why = f": {error}" if error else ""
        return InFlight(
            f"It is not known yet whether {self.client.provider_name} has the message with the key "
            f"{self.key!r}{why.rstrip('.')}. Call again with the same key in {seconds:.0f} s.",
            seconds,
        )

    def unknown(self, detail: str) -> OutcomeUnknown:
        """Return the error for a message whose outcome cannot be found out."""
        error = OutcomeUnknown(detail, provider=self.client.provider_name, operation="send")
        error.add_note(
            f"The key {self.key!r} sends nothing again, unless you say so: resend_in_doubt=True, "
            "polycast send --resend-in-doubt."
        )
        return error
