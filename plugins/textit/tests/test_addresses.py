"""Who a call is to: each address once, in its normal form, and what a refusal says of each."""

import json
from pathlib import Path
from typing import Any

import pytest
from polycast import (
    AccountBlocked,
    Broadcast,
    Client,
    Message,
    Recipient,
    Rejected,
    State,
    UsageError,
)
from polycast.campaign import Ledger
from polycast.testing import CannedWire
from polycast_textit.recipients import likeness, normal_form, to_addresses

CONTACT = "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"


def fields(*given: str) -> dict[str, list[str]]:
    return dict(to_addresses([Recipient(each) for each in given]).fields)


def test_addresses_go_to_the_field_they_belong_to() -> None:
    """Phone numbers become tel: URNs; contacts and groups go by what follows the colon."""
    given = ["+250788123123", "tel:+250788123124", f"contact:{CONTACT}", "group:VIP: gold"]
    assert fields(*given) == {
        "urns": ["tel:+250788123123", "tel:+250788123124"],
        "contacts": [CONTACT],
        "groups": ["VIP: gold"],
    }


@pytest.mark.parametrize(
    "urn", ["twitter:bobby", "mailto:a@b.example", "facebook:1", "whatsapp:250788123123"]
)
def test_any_other_scheme_passes_as_a_urn(urn: str) -> None:
    """TextIt takes URNs of any scheme, so Polycast has no list of them."""
    assert to_addresses([Message(urn, text="Hello")]).fields == {"urns": [urn]}


@pytest.mark.parametrize(
    ("scheme", "field"), [("tel", "urns"), ("contact", "contacts"), ("group", "groups")]
)
def test_a_hundred_of_each_kind_is_the_most(scheme: str, field: str) -> None:
    """100 of a kind pass and 101 are refused, naming the kind."""
    recipients = [Recipient(f"{scheme}:{number}") for number in range(101)]
    assert len(to_addresses(recipients[:100]).fields[field]) == 100
    with pytest.raises(UsageError, match=f"at most 100 {field} in one broadcast, not 101"):
        to_addresses(recipients)


def test_each_kind_has_a_hundred_of_its_own() -> None:
    """100 URNs, 100 contacts and 100 groups fit into one broadcast."""
    kinds = ("tel", "contact", "group")
    told = fields(*(f"{scheme}:{number}" for scheme in kinds for number in range(100)))
    assert {name: len(given) for name, given in told.items()} == {
        "urns": 100,
        "contacts": 100,
        "groups": 100,
    }


# Spellings


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("tel:+4407712345678", "tel:+447712345678"),
        ("tel:+3800961111111", "tel:+380961111111"),
        ("tel:+3750291234567", "tel:+375291234567"),
        ("tel:250788123123", "tel:+250788123123"),
        ("tel:+250 788 123 123", "tel:+250788123123"),
        ("tel:+250788123123", "tel:+250788123123"),
        # Eleven digits are taken for a number with its country code, ten are not.
        ("tel:12125551234", "tel:+12125551234"),
        ("tel:4512345678", "tel:4512345678"),
        # Without the workspace's country nobody knows whose number this is.
        ("tel:0788123123", "tel:0788123123"),
        ("tel:MTN", "tel:mtn"),
        ("twitter:@Bobby", "twitter:bobby"),
        ("twitterid:1#@Bob", "twitterid:1"),
        ("mailto: nAme@Example.COM ", "mailto:name@example.com"),
        ("ext:a%20b", "ext:a%2520b"),
        ("ext:a%2520b", "ext:a%2520b"),
        ("ext: aB ", "ext:aB"),
        ("bsuid:br.1A2b", "bsuid:BR.1A2b"),
        ("telegram:12345#foobar", "telegram:12345"),
    ],
)
def test_an_address_has_one_normal_form(written: str, stored: str) -> None:
    """What a RapidPro server stores, as measured; its own form is left as it is."""
    assert normal_form("urns", written) == stored
    assert normal_form("urns", stored) == stored
    assert likeness("urns", written) == likeness("urns", stored)


def test_a_number_is_alike_with_its_country_code_and_without() -> None:
    """A workspace stores Andorra's six digits with +376 before them: they are the same people's."""
    assert likeness("urns", "tel:312345") == likeness("urns", "tel:+376312345")


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ("group:Customers", "group:customers", "groups"),
        (f"contact:{CONTACT}", f"contact:{CONTACT.upper()}", "contacts"),
        ("+447712345678", "+4407712345678", "urns"),
        ("+250788123123", "tel:250788123123", "urns"),
        ("twitter:bobby", "twitter:@Bobby", "urns"),
    ],
)
def test_an_address_that_is_named_twice_travels_once(
    textit: Client, wire: CannedWire, told: Any, first: str, second: str, field: str
) -> None:
    """TextIt answers HTTP 500 to a group named twice: the second is left out, and told so."""
    wire.answer(201, json=told())
    call = Broadcast(text="Hello", recipients=[first, Recipient(second, reference="again")])
    sent = textit.provider.send_bulk(call, textit.provider.prepare(call))
    assert len(wire.sent[0].json[field]) == 1
    one, other = sent.receipts
    assert (one.id, one.state, one.to) == ("1234", State.QUEUED, first)
    assert (other.id, other.state, other.to) == (None, State.CANCELLED, second)
    assert other.reference == "again"
    assert other.detail == f"not sent: the same text goes to the same address, {first}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("group:Customers", "group:customers"),
        (f"contact:{CONTACT}", f"contact:{CONTACT.upper()}"),
        ("+250788123123", "tel:+250788123123"),
        ("twitter:bobby", "twitter:@Bobby"),
    ],
)
def test_an_address_in_two_spellings_is_a_duplicate(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path, first: str, second: str
) -> None:
    """`send_bulk` and campaigns leave the second out, as they do with any duplicate."""
    people = [first, second, "+250788123999"]
    wire.answer(201, json=told())
    sent = textit.send_bulk(Broadcast(text="Hello", recipients=people))
    assert [receipt.state for receipt in sent.receipts] == [
        State.QUEUED,
        State.CANCELLED,
        State.QUEUED,
    ]
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        campaign = ledger.plan(textit, Broadcast(text="Hello", recipients=people))
        dropped = [each for each in campaign.results() if each.to == second]
    assert "the same text goes to the same address already" in str(dropped[0].detail)


def test_people_with_the_same_last_digits_are_not_one() -> None:
    """Numbers of two countries that end alike both travel."""
    assert len(fields("+250788123123", "+380788123123", "tel:0788123123")["urns"]) == 3


def test_a_uuid_in_capitals_travels_in_small_letters() -> None:
    """TextIt knows no contact by a UUID in capitals; a name keeps its letters."""
    told = fields(f"contact:{CONTACT.upper()}", f"group:{CONTACT.upper()}", "group:VIP")
    assert told == {"contacts": [CONTACT], "groups": [CONTACT, "VIP"]}


# Refusals that name recipients


PEOPLE = [
    "+250788123123",
    "group:Customers",
    "+250788123124",
    "contact:2c1e3f64-5c1f-4f5a-9a0e-6f6bd3b0a5c7",
    "group:customers",
    "mailto:joe",
]
INVALID = "Invalid URN: mailto:joe. Ensure phone numbers contain country codes."
MISSING = "No such object: Customers"


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"urns": {"2": [INVALID]}}, {5: INVALID}),
        ({"urns": {"0": ["No."], "2": [INVALID]}}, {0: "No.", 5: INVALID}),
        ({"groups": [MISSING]}, {1: MISSING, 4: MISSING}),
        ({"groups": {"0": [MISSING]}}, {1: MISSING, 4: MISSING}),
        (
            {"contacts": [f"No such object: {PEOPLE[3][8:]}"], "urns": {"1": ["No."]}},
            {3: f"No such object: {PEOPLE[3][8:]}", 2: "No."},
        ),
        # It names nobody, somebody who was not in the call, or something else as well.
        ({"urns": ["Ensure this field has no more than 100 elements."]}, None),
        ({"urns": {"3": ["No."]}}, None),
        ({"urns": {"-1": ["No."]}}, None),
        ({"urns": {"²": ["No."]}}, None),
        ({"urns": {"99999999999999999999": ["No."]}}, None),
        ({"urns": {}}, None),
        ({"urns": {"0": []}}, None),
        ({"groups": ["No such object: Others"]}, None),
        ({"groups": [7]}, None),
        ({"urns": {"0": ["No."]}, "text": ["Too long."]}, None),
        ({"non_field_errors": ["Must provide either text or attachments."]}, None),
        (["Msg1"], None),
        ("XYZ", None),
    ],
)
def test_a_refusal_names_the_recipients_it_is_about(
    textit: Client, wire: CannedWire, body: object, refused: dict[int, str] | None
) -> None:
    """By their places in the call, whichever field they travelled in; nothing was carried out."""
    wire.answer(400, body if isinstance(body, str) else json.dumps(body))
    broadcast = Broadcast(text="Hello", recipients=PEOPLE)
    payload = textit.provider.prepare(broadcast)
    with pytest.raises(Rejected) as caught:
        textit.provider.send_bulk(broadcast, payload)
    assert caught.value.refused == refused
    assert caught.value.carried_out is False
    assert textit.features.all_or_nothing


def test_the_recipient_of_a_message_is_named_as_well(textit: Client, wire: CannedWire) -> None:
    """A message is a call with one recipient."""
    wire.answer(400, json={"urns": {"0": [INVALID]}})
    with pytest.raises(Rejected) as caught:
        textit.send(Message("mailto:joe", text="Hello"))
    assert caught.value.refused == {0: INVALID}


@pytest.mark.parametrize("word", ["suspended", "flagged"])
@pytest.mark.parametrize("whose", ["workspace", "account"])
@pytest.mark.parametrize("shape", ["non_field_errors", "detail", "list", "string"])
def test_a_workspace_that_may_not_send_is_no_refusal_of_a_message(
    textit: Client, wire: CannedWire, word: str, whose: str, shape: str
) -> None:
    """It is the account's condition: the same message may go out once it is lifted.

    RapidPro called workspaces accounts before, and answered with a bare string.
    """
    said = f"Sorry, your {whose} is currently {word}. To enable sending messages, please contact"
    shapes: dict[str, object] = {"detail": {"detail": said}, "list": [said], "string": said}
    wire.answer(400, json=shapes.get(shape, {shape: [said]}))
    with pytest.raises(AccountBlocked, match=f"currently {word}") as caught:
        textit.send(Message("+250788123123", text="Hello"))
    assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, False)


def test_a_refusal_of_a_text_that_speaks_of_it_is_a_refusal(
    textit: Client, wire: CannedWire
) -> None:
    """Only what is said of the whole request is the account's condition."""
    wire.answer(400, json={"text": ["Your workspace is currently suspended is no good text."]})
    with pytest.raises(Rejected):
        textit.send(Message("+250788123123", text="Hello"))


def test_the_words_of_a_refusal_are_bounded(textit: Client, wire: CannedWire) -> None:
    """A refusal as long as a book is told in a few lines."""
    wire.answer(400, json={"urns": {str(n): ["x" * 100_000] for n in range(1)}, "k" * 9999: ["y"]})
    with pytest.raises(Rejected) as caught:
        textit.send(Message("+250788123123", text="Hello"))
    assert len(str(caught.value)) < 2000
