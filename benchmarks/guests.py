"""One Hyber campaign of any size: who is invited, and how far the invitations have come."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["TEXT", "Guest", "campaign_status", "guests"]

TEXT = "Dear {name}, table {table} is yours from eight."


class Guest(NamedTuple):
    """One recipient."""

    number: int
    reference: str
    name: str
    table: str

    @property
    def variables(self) -> dict[str, str]:
        """What the text needs."""
        return {"name": self.name, "table": self.table}


def guests(size: int) -> Iterator[Guest]:
    """Yield so many recipients, every second with a name in Ukrainian."""
    for place in range(size):
        name = f"Олена {place}" if place % 2 else f"Grace {place}"
        yield Guest(380960000000 + place, f"AD-6640-{place:06}", name, str(place % 40))


def campaign_status(size: int) -> bytes:
    """Return an answer in the form of Hyber's sample ("Campaign status"); a tenth have expired."""
    return json.dumps({"messages": [_row(guest) for guest in guests(size)]}).encode()


def _row(guest: Guest) -> dict[str, Any]:
    place = guest.number % 100_000
    row: dict[str, Any] = {
        "time": 1477417294667 + place,
        "phone_number": str(guest.number),
        "message_id": f"9f60ac8f-e721-5027-b838-{place:012x}",
        "extra_id": guest.reference,
        "processed": False,
        "accepted": True,
        "total_sms_parts": 1,
    }
    if place % 10:
        row |= {
            "delivered_sms_parts": 1,
            "status_text": "SMS delivered",
            "status": 2,
            "substatus": 23,
            "hyber_status": 23011,
        }
    else:
        row |= {"error_text": "SMS expired", "error_code": 35015}
    return {**row, "clicks": place % 3}
