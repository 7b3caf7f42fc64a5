"""Wrenpost keeps what Polycast promises of every provider."""

from polycast.testing import ProviderContract, Unfilled

from polycast_wrenpost.sandbox import WrenpostSandbox


class TestWrenpost(ProviderContract):
    """Every promise; those about what `Features` says it lacks are skipped."""

    provider = "wrenpost"
    sandbox = WrenpostSandbox
    #: An address that the sandbox delivers to: choose one of where Wrenpost sends to.
    address = "+12125554567"
    vocabulary = Unfilled(
        "Wrenpost's words for states, copied from its documents: a polycast.testing.Vocabulary of "
        "what each means, and of what Wrenpost answers when it is asked."
    )
    # vocabulary = [
    #     Vocabulary(
    #         words={
    #             "...": State....,
    #         },
    #         id="...",
    #         answers=f"...{WORD}...",  # what `status` is answered, with WORD in the word's place
    #     )
    # ]
    refusals = Unfilled(
        "the refusals that Wrenpost documents: a polycast.testing.Refusal for each, and how to "
        "meet it at the sandbox."
    )
    # refusals = [
    #     Refusal(AuthenticationFailed, settings={"key": "wrong"}),
    #     Refusal(Rejected, lambda client: client.send(Message("+12125550000", text="..."))),
    # ]
