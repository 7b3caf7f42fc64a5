"""Recipients whose messages go wrong on purpose.

Every sandbox knows the same four endings of a recipient's address, so that a
script or a user gets a failure by choosing a number:

| ends in | what becomes of the message |
|---|---|
| `0000` | refused when it is sent |
| `1111` | accepted, fails later |
| `2222` | accepted, never reached before its time runs out |
| `3333` | accepted, but the provider's reply to that request is lost |
"""

from enum import Enum

__all__ = ["SimulatedOutcome"]


class SimulatedOutcome(Enum):
    """What becomes of a message to an address; the value is how such an address ends."""

    DELIVERED = ""
    REFUSED = "0000"
    FAILS = "1111"
    EXPIRES = "2222"
    REPLY_LOST = "3333"

    @classmethod
    def of(cls, address: str) -> "SimulatedOutcome":
        """Tell what will become of a message to this address.

        Example:
            >>> SimulatedOutcome.of("tel:+250788120000")
            <SimulatedOutcome.REFUSED: '0000'>
        """
        return next(
            (fate for fate in cls if fate.value and address.endswith(fate.value)), cls.DELIVERED
        )

    @property
    def arrives(self) -> bool:
        """Whether the recipient gets the message in the end."""
        return self in (SimulatedOutcome.DELIVERED, SimulatedOutcome.REPLY_LOST)
