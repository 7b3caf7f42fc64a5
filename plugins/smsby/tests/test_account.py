"""What the account has, as values."""

from decimal import Decimal
from typing import Any

import pytest
from polycast import Balance, Client, InvalidResponse, OutcomeUnknown
from polycast.testing import CannedWire


@pytest.mark.parametrize(
    ("answer", "balance"),
    [
        (
            {"status": "OK", "currency": "RUR",
             "result": [{"balance": "2.86600", "viber_balance": "0.00000"}]},
            Balance(Decimal("2.866"), "RUR", {"viber": Decimal(0)}),
        ),
        ({"result": [{"balance": 3}]}, Balance(Decimal(3))),
        ({"result": [{"balance": "-0.5", "viber_balance": ""}], "currency": "BYN"},
         Balance(Decimal("-0.5"), "BYN")),
    ],
)  # fmt: skip
def test_the_balance_is_decimal(
    smsby: Client, wire: CannedWire, answer: dict[str, Any], balance: Balance
) -> None:
    """No binary fraction comes near money."""
    wire.answer(json=answer)
    assert smsby.balance() == balance
    assert (wire.sent[0].method, wire.sent[0].path) == ("GET", "/api/v1/getBalance")


@pytest.mark.parametrize("result", [[], [{}], [{"balance": "много"}], [{"balance": "NaN"}]])
def test_a_balance_that_names_no_amount_is_none(
    smsby: Client, wire: CannedWire, result: list[Any]
) -> None:
    """It is an odd answer, and not a balance of nothing."""
    wire.answer(json={"status": "OK", "result": result})
    with pytest.raises(InvalidResponse, match="names no balance") as caught:
        smsby.balance()
    assert caught.value.raw is not None


@pytest.mark.parametrize("limit", [141, "141"])
def test_the_limit_is_a_number(smsby: Client, wire: CannedWire, limit: int | str) -> None:
    """It comes as a number or a string."""
    wire.answer(json={"limit": limit})
    assert smsby.provider.limit() == 141
    assert wire.sent[0].path == "/api/v1/getLimit"


def test_a_limit_that_is_no_number_is_an_odd_answer(smsby: Client, wire: CannedWire) -> None:
    """It is told as such."""
    wire.answer(json={"limit": "много"})
    with pytest.raises(InvalidResponse, match="no whole number"):
        smsby.provider.limit()


def test_names_are_told_by_their_numbers(smsby: Client, wire: CannedWire) -> None:
    """The numbers are what `sender` takes; 0 is the system's own name."""
    wire.answer(json={"0": "System name (SMS.by)", "1363": "VasheImya"})
    assert smsby.provider.alphanames() == {0: "System name (SMS.by)", 1363: "VasheImya"}
    assert wire.sent[0].path == "/api/v1/getAlphanames"
    wire.answer(json={"first": "VasheImya"})
    with pytest.raises(InvalidResponse, match="number of a name"):
        smsby.provider.alphanames()


def test_the_rest_is_within_reach(smsby: Client, wire: CannedWire) -> None:
    """What sms.by offers beyond sending is on `client.api`, typed, under its own names."""
    api = smsby.api
    wire.answer(json={"id": 1236})
    assert api.get_alphaname_id(name="VasheImya").id == 1236
    assert wire.sent[-1].query["name"] == ["VasheImya"]
    wire.answer(json={"status": "OK", "result": [{"id": 2, "name": "Услуги"}]})
    assert [(each.id, each.name) for each in api.get_alphaname_category().result] == [(2, "Услуги")]
    wire.answer(
        json={
            "status": "ok", "parts": 1, "len": 31, "message_id": 2604834,
            "alphaname": "system", "time": 0,
        }
    )  # fmt: skip
    assert api.create_sms_message(message="Hi").message_id == 2604834
    wire.answer(json={"sms_id": 2204968, "status": "NEW"})
    assert api.send_sms(message_id=2604834, phone="375291234567").sms_id == 2204968
    wire.answer(
        json={
            "result": [
                {"message_id": 2564327, "message": "Hi", "parts": 1,
                 "d_create": "2021-03-22 11:32:32", "status": "moderated"},
            ]
        }
    )  # fmt: skip
    (listed,) = api.get_messages_list(limit_offset=0, limit_rows=10).result
    assert (listed.message_id, listed.status) == (2564327, "moderated")


@pytest.mark.parametrize("call", ["create_sms_message", "send_sms"])
def test_a_get_that_changes_something_is_never_repeated(
    smsby: Client, wire: CannedWire, call: str
) -> None:
    """Two of sms.by's GETs are sends: a lost reply leaves their outcome unknown."""
    arguments: dict[str, Any] = {"message": "Hi"}
    if call == "send_sms":
        arguments = {"message_id": 1, "phone": "375291234567"}
    wire.lose()
    with pytest.raises(OutcomeUnknown):
        getattr(smsby.api, call)(**arguments)
    assert len(wire.sent) == 1
