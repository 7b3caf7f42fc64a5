"""Polycast's words and Wrenpost's, each as the other: pure functions and tables."""

from collections.abc import Mapping

from polycast import Message, Receipt, State, Status

from polycast_wrenpost._client import models as m

__all__ = ["STATES", "state_of", "to_receipt", "to_sms", "to_status"]

#: What Wrenpost's words for a state mean, by its documents, and where they say so: the spec names
#: none. SENT is handed on, DELIVERED is on the handset.
STATES: Mapping[str, State] = {
    # "accepted": State.QUEUED,
    # "delivered": State.DELIVERED,
}


def state_of(word: str) -> State:
    """Return what a word for a state means; UNKNOWN for one of no document."""
    return STATES.get(word, State.UNKNOWN)


def to_sms(message: Message) -> m.Sms:
    """Return a message as `POST /send` takes it."""
    raise NotImplementedError("Fill in polycast_wrenpost.mapping.to_sms: what goes into m.Sms")
    # return m.Sms(
    #     to=message.address, # a string: Numbers with the country code and no plus sign, commas be…
    #     text=message.text or "", # a string: What to say.
    #     from_=message.sender or UNSET, # a string, may be left out: The name it comes from.
    #     at=..., # a date and time, may be left out: When to send it; at once when left …
    #     ttl=..., # a whole number, may be left out: Minutes to go on trying.
    #     flash=..., # one of 0, 1, may be left out: Whether it is shown at once and not kep…
    # )


def to_receipt(answer: str, message: Message) -> Receipt:
    """Return our receipt for the answer of `POST /send`."""
    raise NotImplementedError(
        "Fill in polycast_wrenpost.mapping.to_receipt: where the answer tells the id and the state"
    )
    # return Receipt(
    #     ...,
    #     State.QUEUED,
    #     message.to,
    #     raw=answer,
    # )


def to_status(answer: str, id: str) -> Status:
    """Return our status for the answer of `GET /state`."""
    raise NotImplementedError(
        "Fill in polycast_wrenpost.mapping.to_status: where the answer tells the state"
    )
    # return Status(
    #     id,
    #     ...,
    #     raw=answer,
    # )
