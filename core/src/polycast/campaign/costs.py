"""What a campaign costs by the prices of its account."""

from decimal import Decimal

import attrs

from polycast.campaign.batch_builder import BatchBuilder
from polycast.campaign.export import planned_by_state
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.config.prices import Prices
from polycast.model.segments import count_segments

__all__ = ["Cost", "cost"]


@attrs.frozen
class Cost:
    """What a campaign costs at most.

    Args:
        currency: of the amounts.
        planned: for all of its recipients.
        accepted: for the recipients whom the provider has accepted; a part of `planned`.
        unpriced: how many recipients have no price; they are in no amount.
    """

    currency: str
    planned: Decimal
    accepted: Decimal
    unpriced: int


def cost(store: Store, builder: BatchBuilder, prices: Prices) -> Cost:
    """Add up the prices of all messages."""
    planned = accepted = Decimal(0)
    unpriced = 0
    channels = builder.content["channels"]
    for state, recipient, text in planned_by_state(store, builder):
        amount = prices.of(recipient.to, count_segments(text or "").parts, channels)
        if amount is None:
            unpriced += 1
            continue
        planned += amount
        if state == BatchState.ACCEPTED:
            accepted += amount
    return Cost(prices.currency, planned, accepted, unpriced)
