"""Values that mean something, or are refused where they are made."""

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import (
    Broadcast,
    Features,
    Message,
    Recipient,
    Report,
    Reports,
    State,
    Status,
    Unsupported,
    UsageError,
)

PHONE = "+380961111111"


@pytest.mark.parametrize(
    ("to", "scheme", "address"),
    [
        (PHONE, "tel", PHONE),
        ("tel:+250788123123", "tel", "+250788123123"),
        ("contact:09d23a05", "contact", "09d23a05"),
        ("group:Reporters: north", "group", "Reporters: north"),
        ("mailto:a@b.example", "mailto", "a@b.example"),
    ],
)
def test_an_address_has_a_scheme_and_a_rest(to: str, scheme: str, address: str) -> None:
    """
    A phone number with its plus sign is of scheme `tel`; else the first colon divides.
    """
    assert (scheme, address) == (Recipient(to).scheme, Recipient(to).address)


@pytest.mark.parametrize(
    "to",
    ["", " ", "380961111111", "+380 96 111", "+0380961111111", "+38", "+3809611111119999",
     "group:", "group: ", "Group:x", ":x", "+380961111111\n", "+३८०९६११११११", 380961111111, None],
)  # fmt: skip
def test_what_is_no_address_is_refused(to: Any) -> None:
    """
    Nothing is guessed: a number without plus sign and country code is an error that says how
    to write one.
    """
    with pytest.raises(UsageError, match="address"):
        Recipient(to)
    with pytest.raises(UsageError, match="address"):
        Message(to, text="hi")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""),
        ("text", " \n"),
        ("text", "half \ud83d"),
        ("text", 5),
        ("sender", ""),
        ("channels", "sms"),
        ("send_at", datetime(2030, 1, 1)),  # noqa: DTZ001 - the case in question
        ("send_at", "tomorrow"),
        ("ttl", timedelta(0)),
        ("ttl", 60),
        ("media", "https://x.example/a.png"),
        ("media", ["a.png"]),
        ("callback_url", ""),
    ],
)
def test_a_field_that_cannot_mean_anything_is_refused(field: str, value: Any) -> None:
    """
    An empty text, a time without a zone and the like fail where they are written down.
    """
    with pytest.raises(UsageError):
        Message(PHONE, **{"text": "hi", field: value})


def test_media_are_urls_or_paths() -> None:
    """
    A local file is a Path, so that a misspelt URL is never taken for one.
    """
    media = ["https://x.example/a.png", Path("a.png")]

    assert tuple(media) == Message(PHONE, text="hi", media=media).media


def test_plain_addresses_are_recipients() -> None:
    """
    A list of numbers is enough of a list of recipients.
    """
    assert (Recipient(PHONE),) == Broadcast(text="hi", recipients=[PHONE]).recipients


@pytest.mark.parametrize("recipients", [PHONE, Recipient(PHONE)])
def test_one_recipient_is_not_a_list(recipients: Any) -> None:
    """
    A single address in place of a list is not read letter by letter.
    """
    with pytest.raises(UsageError, match="list"):
        Broadcast(text="hi", recipients=recipients)


@pytest.mark.parametrize("value", [None, 1.5, True, b"x"])
def test_a_variable_is_text(value: Any) -> None:
    """
    None does not become "None" in somebody's message; whole numbers are fine.
    """
    assert Recipient(PHONE, {"table": 4}).variables == {"table": "4"}
    with pytest.raises(UsageError, match="'table'"):
        Recipient(PHONE, {"table": value})


@pytest.mark.parametrize(
    "make",
    [
        lambda half: Message(PHONE, text=half),
        lambda half: Message(f"tel:{half}", text="hi"),
        lambda half: Message(PHONE, text="hi", sender=half),
        lambda half: Broadcast(text="hi", recipients=[PHONE], name=half),
        lambda half: Recipient(PHONE, {"name": half}),
        lambda half: Recipient(PHONE, reference=half),
    ],
)
def test_half_a_character_is_refused(make: Callable[[str], object]) -> None:
    """
    A lone surrogate, of which no encoding makes bytes, is refused wherever it stands.
    """
    with pytest.raises(UsageError, match="half a character"):
        make("a\ud83d")


def test_values_are_frozen_and_travel() -> None:
    """
    A recipient cannot be changed once made, variables included, and survives pickling.
    """
    recipient = Recipient(PHONE, {"a": "1"}, reference="r")

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        recipient.to = "+1"  # type: ignore[misc]
    with pytest.raises(TypeError):
        recipient.variables["a"] = "2"  # type: ignore[index]
    assert recipient == pickle.loads(pickle.dumps(recipient))


def test_the_text_of_a_recipient_wins() -> None:
    """
    A recipient's own text replaces the template, and is taken literally.
    """
    broadcast = Broadcast(text="Dear {name}", recipients=[])

    assert broadcast.text_for(Recipient(PHONE, {"name": "Jo"})) == "Dear Jo"
    assert broadcast.text_for(Recipient(PHONE, text="{x}")) == "{x}"


def test_final_states() -> None:
    """
    SENT is on its way and not final; a provider that will say no more can say so.
    """
    assert {"delivered", "read", "failed", "expired", "rejected", "cancelled"} == {
        state for state in State if state.is_final
    }
    assert not Status("1", State.SENT).is_final
    assert Status("1", State.SENT, final=True).is_final


def test_reports_are_fetched_when_read() -> None:
    """
    Nothing is asked for before the first report is read; each reading asks anew.
    """
    asked: list[int] = []

    def fetch() -> list[Report]:
        asked.append(1)
        return [Report(PHONE, State.SENT)]

    reports = Reports(fetch)
    assert asked == []
    assert list(reports) == list(reports)
    assert asked == [1, 1]


class TestFeatures:
    FEATURES = Features(channels=("sms", "viber"), schemes=("tel",), sender=True)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"channels": ["push"]}, "sms, viber"),
            ({"send_at": datetime(2030, 1, 1, tzinfo=UTC)}, "send_at"),
            ({"ttl": timedelta(hours=1)}, "ttl"),
            ({"media": [Path("a.png")]}, "media"),
            ({"callback_url": "https://x.example"}, "callback_url"),
            ({"options": object()}, "it has none"),
        ],
    )
    def test_what_cannot_be_said_is_refused_by_name(
        self, fields: dict[str, Any], words: str
    ) -> None:
        """
        The refusal names the field, and what the provider takes instead.
        """
        with pytest.raises(Unsupported, match=words):
            self.FEATURES.check_content("acme", Message(PHONE, text="hi", **fields))

    def test_what_can_be_said_passes(self) -> None:
        """
        Nothing else is policed.
        """
        self.FEATURES.check_content("acme", Message(PHONE, text="hi", sender="x" * 99))

    def test_kinds_of_address_are_checked(self) -> None:
        """
        A kind of address that the provider does not take is refused, naming those it takes.
        """
        self.FEATURES.check_address("acme", Recipient(PHONE))
        with pytest.raises(Unsupported, match="it takes tel"):
            self.FEATURES.check_address("acme", Recipient("group:x"))


@given(st.text())
def test_no_address_breaks_anything(to: str) -> None:
    """
    Whatever is typed is an address or a usage error.
    """
    try:
        recipient = Recipient(to)
    except UsageError:
        return
    assert recipient.scheme
    assert recipient.address
