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


def test_something_is_said_by_a_text_or_by_what_may_stand_for_it() -> None:
    """Media say something where no text is required; options may hold a text; else nothing is."""
    bare = Message("+380961111111")
    picture = Message("+380961111111", media=["https://example.org/a.png"])
    own = Message("+380961111111", options=object())
    required, optional = Features(channels=()), Features(channels=(), text_required=False)
    said = [
        [features.says_without_text(message) for message in (bare, picture, own)]
        for features in (required, optional)
    ]
    assert said == [[False, False, True], [False, True, True]]
