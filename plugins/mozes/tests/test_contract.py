"""Mozes keeps what every provider promises."""

import json

from polycast import (
    AuthenticationFailed,
    Conflict,
    Message,
    NotFound,
    ProviderError,
    Rejected,
    State,
)
from polycast.sandbox import Answer
from polycast.testing import WORD, ProviderContract, Refusal, Vocabulary
from polycast_mozes.sandbox import MozesSandbox


def coded(error: type[ProviderError], code: int, name: str) -> Refusal:
    """One of the "Return Codes", as the answer to a send."""
    envelope = {"status": {"code": code, "name": name, "description": ""}, "response": None}
    return Refusal(error, answer=Answer(200, json.dumps(envelope), "application/json"), detail=name)


class TestContract(ProviderContract):
    """Mozes, at its fake server."""

    provider = "mozes"
    sandbox = MozesSandbox
    address = "+13105551234"
    #: The return code tells whether a message was taken on.
    decisive = ("code",)
    addresses = {"contact": "contact:1483228", "group": "group:1483228"}
    vocabulary = (
        # "Get Broadcast Status".
        Vocabulary(
            id="a-broadcast",
            answers='{"status": {"code": 0, "message": "OK", "description": "OK"}, "response": '
            '{"created_ts": "2012-06-13T12:01:52Z", "delivered_ts": "2012-06-13T12:01:55Z", '
            f'"recipient_count": "1", "delivered": {WORD}}}}}',
            words={"0": State.SENDING, "1": State.SENT},
            unknown="2",
        ),
    )
    refusals = (
        # "Return Codes".
        Refusal(
            Rejected,
            lambda client: client.send(Message("contact:99", text="Hello")),
            detail="BROADCAST_USER_NOT_SUBSCRIBED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+13105550000", text="Hello")),
            detail="USER_BLOCKED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+18005551234", text="Hello")),
            detail="USER_LANDLINE",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+13101231234", text="Hello")),
            detail="BROADCAST_USER_NOT_SUBSCRIBED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+13105551234", text="x" * 160)),
            detail="BROADCAST_MESSAGE_LENGTH_EXCEEDED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("group:99", text="Hello")),
            detail="BROADCAST_LIST",
        ),
        Refusal(
            NotFound, lambda client: client.status("nothing"), detail="BROADCAST_STATUS_NOT_FOUND"
        ),
        Refusal(AuthenticationFailed, settings={"api_key": "another-key"}),
        coded(Rejected, 10004, "INVALID_MOZES_ID"),
        coded(Rejected, 11001, "USER_INVALID_PHONE_FORMAT"),
        coded(Rejected, 11002, "USER_UNDERAGE"),
        coded(Rejected, 11003, "USER_BLOCKED"),
        coded(Rejected, 11004, "USER_LANDLINE"),
        coded(Conflict, 12000, "BROADCAST_LIST_DUPLICATE_LIST"),
        coded(NotFound, 12001, "BROADCAST_LIST_LIST_NOT_FOUND"),
        coded(Rejected, 12002, "BROADCAST_LIST_INVALID_LIST_PROJECT"),
        coded(Conflict, 13000, "PROJECT_ALREADY_SUBSCRIBED"),
        coded(NotFound, 13003, "PROJECT_INVALID_CAMPAIGN_ID"),
        coded(Rejected, 14000, "BROADCAST_MESSAGE_LENGTH_EXCEEDED"),
        coded(Rejected, 14001, "BROADCAST_USER_NOT_SUBSCRIBED"),
        coded(NotFound, 14002, "BROADCAST_STATUS_NOT_FOUND"),
    )
