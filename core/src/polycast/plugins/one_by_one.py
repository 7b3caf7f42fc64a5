"""The `send_bulk` of a provider that has none, because its calls take one recipient."""

from collections.abc import Callable

import attrs

from polycast.model.messages import Broadcast, BulkReceipt, Receipt
from polycast.plugins.hookspecs import hookimpl

__all__ = ["OneByOne"]


@attrs.frozen(eq=False)
class OneByOne:
    """Sends a batch, which holds one recipient, by the provider's `send`.

    It stands where the provider's own `send_bulk` would stand, inside of all wrappers.

    Args:
        send: the provider's, without the wrappers.
    """

    send: Callable[..., object]

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: object) -> object:
        """Return the receipt of the one message as that of the batch."""
        receipt = self.send(message=broadcast.as_message(), payload=payload)
        if not isinstance(receipt, Receipt):
            return receipt  # the caller says what is wrong with it
        (recipient,) = broadcast.recipients
        return BulkReceipt.of(attrs.evolve(receipt, reference=recipient.reference))
