"""Our words and TextIt's, each as the other, without a network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from polycast import Broadcast, Message, Recipient, State, Unsupported, UsageError
from polycast.wire import UNSET
from polycast_textit import Options, QuickReply
from polycast_textit._client import models as m
from polycast_textit.request import Content, to_content
from polycast_textit.response import (
    BROADCAST_STATES,
    MESSAGE_STATES,
    broadcast_id,
    broadcast_state,
    to_id,
    to_report,
)

UUID = "b97f69f7-5edf-45c7-9fda-d37066eae91d"
CONTACT = "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def content(longest: int = 4096, **fields: Any) -> Content:
    return to_content(Message("+250788123123", **fields), longest)


def encoded(**fields: Any) -> m.NewBroadcast:
    """What would travel; files become `uuid of <name>`."""
    return content(**fields).encode({}, lambda paths: [f"uuid of {path.name}" for path in paths])


# Text


def test_a_plain_text_travels_plain() -> None:
    """Without a language a text is a string: TextIt gives it the workspace's first language."""
    new = encoded(text="Hello")
    assert (new.text, new.base_language) == ("Hello", UNSET)


def test_a_base_language_is_the_language_of_the_text() -> None:
    """With a base language the text travels in it, before the translations."""
    new = encoded(text="Hello", options=Options(base_language="eng", translations={"spa": "Hola"}))
    assert isinstance(new.text, dict)
    assert list(new.text.items()) == [("eng", "Hello"), ("spa", "Hola")]
    assert new.base_language == "eng"


def test_translations_alone_are_enough() -> None:
    """Translations travel as they are, with or without a base language."""
    new = encoded(options=Options(translations={"eng": "Hello", "spa": "Hola"}))
    assert (new.text, new.base_language) == ({"eng": "Hello", "spa": "Hola"}, UNSET)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "nothing to say"),
        ({"options": Options(attachments={"eng": []})}, "nothing to say"),
        ({"options": Options(quick_replies=["Yes"])}, "nothing to say"),
        ({"options": Options(base_language="eng")}, "no text in the base language 'eng'"),
        (
            {"options": Options(base_language="eng", attachments={"eng": [UUID]})},
            "no text in the base language 'eng'",
        ),
        (
            {"options": Options(base_language="eng", translations={"spa": "Hola"})},
            "no text in the base language 'eng'",
        ),
        (
            {"text": "Hello", "options": Options(translations={"spa": "Hola"})},
            "needs its language: give base_language",
        ),
        (
            {
                "text": "Hello",
                "options": Options(base_language="eng", translations={"eng": "Hi"}),
            },
            "two texts in 'eng'",
        ),
        (
            {"text": "Hi", "media": [Path("a.png")], "options": Options(attachments={"eng": []})},
            "Attachments by language beside media need a text by language",
        ),
    ],
)
def test_what_would_be_ambiguous_or_break_the_server_is_refused(
    fields: dict[str, Any], words: str
) -> None:
    """Above all a base language without its text, to which the server answers HTTP 500."""
    with pytest.raises(UsageError, match=words):
        content(**fields)


def test_length_is_counted_in_code_points_in_every_language() -> None:
    """The most that a text may have passes, one more is refused by its language."""
    hearts = "\N{PURPLE HEART}" * 5
    assert content(text=hearts, longest=5).text == hearts
    with pytest.raises(UsageError, match="The text has 6 characters; textit takes 5"):
        content(text=hearts + "!", longest=5)
    translated = Options(translations={"eng": "Hello", "spa": "Buenas"})
    with pytest.raises(UsageError, match="The text in 'spa' has 6 characters"):
        content(options=translated, longest=5)


def test_a_placeholder_in_a_translation_is_refused() -> None:
    """Only text has placeholders: in a translation people would read `{name}`."""
    options = Options(base_language="eng", translations={"spa": "Hola {name}"})
    asked = Broadcast(
        text="Dear Ann",
        recipients=[Recipient("+250788123123", variables={"name": "Ann"})],
        options=options,
    )
    with pytest.raises(UsageError, match=r"into 'spa' holds \{name\}"):
        to_content(asked, 4096)


@pytest.mark.parametrize("text", ["Hello @contact.name!", "@(upper(contact))", "a @@ b {x}"])
def test_expressions_are_left_to_textit(text: str) -> None:
    """TextIt's own expressions, and braces in a message, are not touched."""
    assert encoded(text=text).text == text


# Attachments and buttons


def test_media_stays_a_plain_list_beside_a_plain_text() -> None:
    """Where there are no languages, files are one list in the order given."""
    held = f"image/jpeg:https://textit.com/media/{UUID}/a.jpg"
    new = encoded(text="Hello", media=[Path("b.png"), held], options=Options(attachments=[UUID]))
    assert new.attachments == ["uuid of b.png", held, UUID]


def test_media_belongs_to_every_language() -> None:
    """A plain list would land in one language, so it is put under each."""
    new = encoded(
        media=[Path("b.png")],
        options=Options(translations={"eng": "Hello", "spa": "Hola"}, attachments=[UUID]),
    )
    assert new.attachments == {"eng": ["uuid of b.png", UUID], "spa": ["uuid of b.png", UUID]}


def test_attachments_by_language_come_after_the_common_ones() -> None:
    """What is given for one language alone joins what every language has."""
    new = encoded(
        media=[Path("b.png")],
        options=Options(translations={"eng": "Hello"}, attachments={"spa": [UUID]}),
    )
    assert new.attachments == {"eng": ["uuid of b.png"], "spa": ["uuid of b.png", UUID]}


def test_an_attachment_alone_says_something() -> None:
    """A text is optional where there is an attachment."""
    new = encoded(options=Options(attachments={"eng": [UUID], "spa": []}))
    assert (new.text, new.attachments) == (UNSET, {"eng": [UUID]})
    assert encoded(media=[Path("b.png")]).attachments == ["uuid of b.png"]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/cat.jpg",
        "image/jpeg:https://example.org/cat.jpg",
        f"https://textit.com/media/{UUID}.jpg",
    ],
)
def test_the_address_of_a_file_that_textit_does_not_hold_is_refused(url: str) -> None:
    """TextIt fetches nothing: the refusal says what it attaches instead."""
    with pytest.raises(Unsupported, match=r"only files that it holds, not the address .*Path"):
        content(text="Hello", media=[url])


def test_buttons_are_plain_or_by_language_like_the_text() -> None:
    """Quick replies for all go under each language; plain strings are buttons of that text."""
    yes = m.QuickReply(text="Yes")
    more = m.QuickReply(type_="url", text="More", extra="https://example.org")
    given: list[str | QuickReply] = [
        "Yes",
        QuickReply("More", type="url", extra="https://example.org"),
    ]
    assert encoded(text="?", options=Options(quick_replies=given)).quick_replies == [yes, more]
    translated = Options(translations={"eng": "?", "spa": "¿?"}, quick_replies={"spa": ["Yes"]})
    assert encoded(options=translated).quick_replies == {"spa": [yes]}
    translated = Options(translations={"eng": "?"}, quick_replies=given)
    assert encoded(options=translated).quick_replies == {"eng": [yes, more]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"translations": {"eng": " "}}, "into 'eng' is empty"),
        ({"translations": {"eng": None}}, "into 'eng' is NoneType"),
        ({"translations": {"": "Hello"}}, "'' is not a language"),
        ({"translations": "Hello"}, "translations maps languages"),
        ({"attachments": UUID}, "attachments is a list"),
        ({"attachments": {"eng": UUID}}, "attachments is a list"),
        ({"attachments": [Path("a.png")]}, "which is not a str"),
        ({"quick_replies": "Yes"}, "quick_replies is a list"),
        ({"quick_replies": [1]}, "which is not a QuickReply"),
        ({"base_language": ""}, "three-letter language code"),
    ],
)
def test_options_that_mean_nothing_are_refused(fields: dict[str, Any], words: str) -> None:
    """A slip in the options is a sentence, where it was made."""
    with pytest.raises(UsageError, match=words):
        Options(**fields)


# Ids and states


@pytest.mark.parametrize(("id", "known"), [("1234", 1234), (UUID.upper(), UUID)])
def test_an_id_is_a_number_or_a_uuid(id: str, known: int | str) -> None:
    """Both kinds that servers give out are understood."""
    assert to_id(id) == known


@pytest.mark.parametrize(
    "id", ["x", "12.5", "-1", "0", "1234 ", "١٢", "9" * 19, UUID[:-1], f"uuid:{UUID}", "null"]
)
def test_what_cannot_be_an_id_is_refused(id: str) -> None:
    """Anything else is refused in a sentence."""
    with pytest.raises(UsageError, match="is not the id of a textit broadcast"):
        to_id(id)


def broadcast(**fields: Any) -> m.Broadcast:
    return m.Broadcast(urns=None, contacts=[], groups=[], text="Hello", created_on=NOON, **fields)


def test_a_broadcast_goes_by_its_uuid_where_it_has_one() -> None:
    """Newer servers give both, older ones the number alone."""
    assert broadcast_id(broadcast(id=1234, uuid=UUID)) == UUID
    assert broadcast_id(broadcast(id=1234)) == "1234"
    assert broadcast_id(broadcast()) is None


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", State.QUEUED),
        ("queued", State.QUEUED),
        ("started", State.SENDING),
        ("completed", State.SENT),
        ("failed", State.FAILED),
        ("interrupted", State.CANCELLED),
        ("sent", State.SENT),
        ("exploded", State.UNKNOWN),
    ],
)
def test_every_broadcast_status(word: str, state: State) -> None:
    """TextIt's words of both generations; a word that nobody knows is UNKNOWN, and kept."""
    assert broadcast_state(broadcast(status=word), silent=State.QUEUED) == (state, word)


@pytest.mark.parametrize("fields", [{}, {"status": None}])
def test_a_broadcast_without_status(fields: dict[str, Any]) -> None:
    """Where the server tells none, the caller knows what that means."""
    assert broadcast_state(broadcast(**fields), silent=State.QUEUED) == (State.QUEUED, None)
    assert broadcast_state(broadcast(**fields), silent=State.UNKNOWN) == (State.UNKNOWN, None)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", State.QUEUED),
        ("wired", State.SENDING),
        ("sent", State.SENT),
        ("delivered", State.DELIVERED),
        ("read", State.READ),
        ("errored", State.SENDING),
        ("failed", State.FAILED),
        ("handled", State.UNKNOWN),
        ("exploded", State.UNKNOWN),
    ],
)
def test_every_message_status(word: str, state: State) -> None:
    """`errored` will be tried again; `handled` is said of incoming messages alone."""
    report = to_report(m.Message(status=word, created_on=NOON))
    assert (report.state, report.detail) == (state, word)


def test_no_word_blurs_sent_and_delivered() -> None:
    """A broadcast is never DELIVERED: TextIt says nothing of it as a whole."""
    assert State.DELIVERED not in BROADCAST_STATES.values()
    assert [word for word, state in MESSAGE_STATES.items() if state is State.DELIVERED] == [
        "delivered"
    ]


# Reports


def test_a_report_says_what_textit_says() -> None:
    """Address, time, channel and id of one message, in our words."""
    later = NOON.replace(hour=13)
    message = m.Message(
        uuid=UUID,
        id=7,
        status="delivered",
        urn="tel:+250788123123",
        channel=m.Reference(uuid="c", name="MTN"),
        created_on=NOON,
        sent_on=NOON,
        modified_on=later,
    )
    report = to_report(message)
    assert (report.to, report.id, report.channel) == ("+250788123123", UUID, "MTN")
    assert (report.at, report.raw) == (later, message)


@pytest.mark.parametrize(
    ("fields", "to"),
    [
        ({"urn": "twitter:bobby"}, "twitter:bobby"),
        ({"urn": "tel:2020"}, "tel:2020"),
        ({"urn": None, "contact": m.Reference(uuid=CONTACT, name=None)}, f"contact:{CONTACT}"),
        ({"contact": None}, None),
        ({}, None),
    ],
)
def test_a_report_names_its_recipient_as_far_as_told(fields: dict[str, Any], to: str) -> None:
    """Anonymous workspaces tell no URN: then the contact is the address."""
    assert to_report(m.Message(status="sent", created_on=NOON, **fields)).to == to


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"status": "sent", "sent_on": NOON, "modified_on": NOON.replace(hour=13)}, NOON),
        ({"status": "failed", "sent_on": None, "modified_on": NOON}, NOON),
        ({"status": "queued", "sent_on": None}, None),
    ],
)
def test_a_report_tells_when_its_state_was_reached(
    fields: dict[str, Any], at: datetime | None
) -> None:
    """SENT since it was sent; other states since the message last changed."""
    assert to_report(m.Message(created_on=NOON, **fields)).at == at


def test_a_message_without_uuid_goes_by_its_number() -> None:
    """Older servers number messages."""
    assert to_report(m.Message(status="sent", created_on=NOON, id=7)).id == "7"
    assert to_report(m.Message(status="sent", created_on=NOON)).id is None
