"""Every shape of a refusal, as the sentence a person reads."""

import json

import polycast
import pytest
from polycast import Message, OutcomeUnknown
from polycast.testing import CannedWire
from polycast_textit.response import words_of

UUID = "f5901b62-ba76-4003-9c62-72fdacc1b7b7"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"groups": ["No such object: 123456"]}, "groups: No such object: 123456"),
        (
            {"non_field_errors": ["Must provide either urns, contacts or groups."]},
            "Must provide either urns, contacts or groups.",
        ),
        (
            {"urns": {"0": ["Invalid URN: foo:bar. Ensure phone numbers contain country codes."]}},
            "urns[0]: Invalid URN: foo:bar. Ensure phone numbers contain country codes.",
        ),
        (
            {"text": {"base": ["Not an allowed ISO 639-3 language code."]}},
            "text.base: Not an allowed ISO 639-3 language code.",
        ),
        (
            {"attachments": {"eng": {"1": ["No such object: x"]}}},
            "attachments.eng[1]: No such object: x",
        ),
        (
            {"quick_replies": {"eng": [{}, {"text": ["This field may not be blank."]}]}},
            "quick_replies.eng[1].text: This field may not be blank.",
        ),
        ({"detail": "Value for id must be an integer"}, "Value for id must be an integer"),
        (["Msg1", "Msg2"], "Msg1; Msg2"),
        (
            {"urns": ["Too many.", "Too odd"], "text": ["Too long"]},
            "urns: Too many. urns: Too odd; text: Too long",
        ),
        ("XYZ", "XYZ"),
        ({"detail": 7}, "7"),
        ({"file": ["Two\n  lines"]}, "file: Two lines"),
    ],
)
def test_every_documented_shape_is_one_sentence(body: object, words: str) -> None:
    """The problem is said, with the field, the place or the language where it is."""
    assert words_of(body) == words


@pytest.mark.parametrize("body", [None, {}, [], "", {"urns": {}}, {"detail": None}, {"a": [""]}])
def test_a_body_that_says_nothing_has_no_words(body: object) -> None:
    """Then the start of the body itself is shown, as for any other answer."""
    assert words_of(body) is None


def test_a_hundred_problems_are_cut_short() -> None:
    """A hundred wrong numbers make a sentence that can still be read."""
    words = words_of({"urns": {str(place): ["Invalid."] for place in range(100)}})
    assert words is not None
    assert words.endswith("urns[9]: Invalid. And there is more.")
    assert "urns[10]" not in words


def test_how_much_of_a_problem_is_told() -> None:
    """Three hundred characters, and what is nested in five lists."""
    assert words_of("x" * 300) == "x" * 300
    assert words_of("x" * 301) == "x" * 299 + "…"
    assert words_of([[[[["Invalid."]]]]]) == "[0][0][0][0]: Invalid."


def test_a_body_nested_without_end_is_cut_short() -> None:
    """A hostile body costs neither the stack nor the reader's patience."""
    words = words_of(json.loads("[" * 200 + "]" * 200))
    assert words is not None
    assert len(words) < 300


@pytest.mark.parametrize("status", [400, 429, 503])
@pytest.mark.parametrize("made", [{"uuid": UUID}, {"id": 7}])
def test_a_status_that_refuses_what_the_body_names(
    wire: CannedWire, status: int, made: dict[str, object]
) -> None:
    """A broadcast that may have been made is not made again, though the status asks to wait."""
    client = wire.attach(polycast.connect("textit", token="0123456789"))
    wire.answer(status, json=made, headers={"Retry-After": "1"})
    with pytest.raises(OutcomeUnknown, match="the opposite"):
        client.send(Message("+250788123123", text="Hello"))
    assert len(wire.sent) == 1


@pytest.mark.parametrize("uuid", ["", "  "])
def test_an_id_of_blanks_is_none(wire: CannedWire, uuid: str) -> None:
    """The number stands in for it; where there is none, no receipt is made."""
    client = wire.attach(polycast.connect("textit", token="0123456789"))
    wire.answer(201, json={"uuid": uuid, "id": 7}).answer(201, json={"uuid": uuid})
    message = Message("+250788123123", text="Hello")
    assert client.send(message).id == "7"
    with pytest.raises(OutcomeUnknown, match="neither a UUID nor a number"):
        client.send(message)
