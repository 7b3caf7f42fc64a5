"""Wrenpost keeps what Polycast promises of every provider."""

from polycast import (
    AccountBlocked,
    Action,
    AuthenticationFailed,
    InsufficientFunds,
    Message,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    State,
)
from polycast.testing import WORD, ProviderContract, Refusal, Vocabulary

from polycast_wrenpost import Options
from polycast_wrenpost.sandbox import WrenpostSandbox

TO = "+48600100200"


class TestWrenpost(ProviderContract):
    """Every promise; those about what `Features` says it lacks are skipped."""

    provider = "wrenpost"
    sandbox = WrenpostSandbox
    address = TO
    sender = "Tavern"
    options = (Options(flash=True),)
    #: A message is handed on after a second, and cannot be stopped any more.
    under_way_after = 0.5
    vocabulary = (
        Vocabulary(
            words={
                "0": State.SCHEDULED,
                "1": State.QUEUED,
                "2": State.SENT,
                "3": State.DELIVERED,
                "4": State.FAILED,
                "5": State.EXPIRED,
                "6": State.REJECTED,
                "7": State.CANCELLED,
            },
            id="123",
            answers=f"123 {WORD} 1767323045 48600100200\n",
            unknown="8",
            media_type="text/plain",
        ),
    )
    refusals = (
        Refusal(AuthenticationFailed, settings={"key": "another"}, detail="unknown key"),
        Refusal(InsufficientFunds, sandbox={"credit": 0}, detail="no credit"),
        Refusal(Rejected, lambda client: client.send(Message("+48600100000", text="Hello"))),
        Refusal(
            AccountBlocked, lambda client: client.send(Message(TO, text="Hello", sender="Who?"))
        ),
        Refusal(RateLimited, sandbox={"busy": True}, detail="too many requests"),
        Refusal(
            ProviderUnavailable,
            sandbox={"down": True},
            detail="nothing was sent",
            safe_to_retry=True,
        ),
        Refusal(NotFound, lambda client: client.status("7"), detail="unknown id"),
        Refusal(NotFound, lambda client: client.control("7", Action.STOP), detail="unknown id"),
    )
