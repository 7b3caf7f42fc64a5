"""Mozes keeps what every provider promises."""

from polycast import AuthenticationFailed, Message, NotFound, Rejected, State
from polycast.testing import WORD, ProviderContract, Refusal, Vocabulary
from polycast_mozes.sandbox import MozesSandbox


class TestContract(ProviderContract):
    """Mozes, at its fake server."""

    provider = "mozes"
    sandbox = MozesSandbox
    address = "+13105551234"
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
            words="BROADCAST_USER_NOT_SUBSCRIBED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+13105550000", text="Hello")),
            words="USER_BLOCKED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+18005551234", text="Hello")),
            words="USER_LANDLINE",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+13101231234", text="Hello")),
            words="BROADCAST_USER_NOT_SUBSCRIBED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+13105551234", text="x" * 160)),
            words="BROADCAST_MESSAGE_LENGTH_EXCEEDED",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("group:99", text="Hello")),
            words="BROADCAST_LIST",
        ),
        Refusal(
            NotFound, lambda client: client.status("nothing"), words="BROADCAST_STATUS_NOT_FOUND"
        ),
        Refusal(AuthenticationFailed, settings={"api_key": "another-key"}),
    )
