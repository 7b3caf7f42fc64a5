"""What a provider declares is what the client refuses by."""

import pytest
from polycast import Features, Message, Unsupported

MESSAGE = Message("+380961111111", text="Hello", channels=("viber",))


def test_a_channel_that_is_not_offered_is_refused_with_those_that_are() -> None:
    """Naming a channel that a provider lacks names the ones it has."""
    with pytest.raises(Unsupported, match=r"acme does not send by 'viber'; it offers sms, voice\."):
        Features(channels=("sms", "voice")).check_content("acme", MESSAGE)


def test_a_provider_that_chooses_the_channel_says_so() -> None:
    """Where no channel can be named, the refusal is a whole sentence that says what to do."""
    with pytest.raises(
        Unsupported,
        match=r"acme does not send by 'viber'; it chooses the channel itself, by the address, "
        r"so leave channels out\.",
    ):
        Features(channels=()).check_content("acme", MESSAGE)
