"""Templates that a provider keeps, and the values that fill them in."""

import pickle
from typing import Any

import attrs
import pytest
from polycast import (
    Broadcast,
    BulkReceipt,
    Client,
    Features,
    Message,
    MessageTemplate,
    Personalisation,
    Receipt,
    Recipient,
    State,
    Unsupported,
    UsageError,
    hookimpl,
)
from polycast.campaign import Ledger

PEOPLE = [
    Recipient("whatsapp:US.13491208655302741918", {"name": "Ann"}),
    Recipient("+14155550101", {"name": "Bob {x}"}),
    Recipient("+14155550102", {"name": "Ann"}),
]
TEMPLATE = MessageTemplate("table_is_ready", "en_GB", {"1": "Dear {name}", "2": "{{7 pm}}"})


@attrs.define(eq=False)
class Acme:
    """Notes which values each recipient gets."""

    features: Features
    told: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)

    @hookimpl
    def send(self, message: Message) -> Receipt:
        assert message.template is not None
        self.told.append((message.to, dict(message.template.values)))
        return Receipt("1", State.QUEUED, message.to)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        for each in broadcast.recipients:
            one_text = self.features.personalisation is Personalisation.NONE
            template = broadcast.template if one_text else broadcast.template_for(each)
            assert template is not None
            self.told.append((each.to, dict(template.values)))
        receipts = [Receipt("1", State.QUEUED, each.to) for each in broadcast.recipients]
        return BulkReceipt("1", State.QUEUED, tuple(receipts))


def _client(way: Personalisation = Personalisation.TEXTS, **changes: Any) -> tuple[Client, Acme]:
    features = Features(
        channels=(),
        schemes=("tel", "whatsapp"),
        personalisation=way,
        **{"templates": True, "text_required": False, **changes},
    )
    provider = Acme(features)
    return Client("acme", provider), provider


EXPECTED = [
    (PEOPLE[0].to, {"1": "Dear Ann", "2": "{7 pm}"}),
    (PEOPLE[1].to, {"1": "Dear Bob {x}", "2": "{7 pm}"}),
    (PEOPLE[2].to, {"1": "Dear Ann", "2": "{7 pm}"}),
]


@pytest.mark.parametrize("way", Personalisation)
@pytest.mark.parametrize("limit", [1, None])
def test_each_recipient_gets_the_values_of_their_variables(
    way: Personalisation, limit: int | None
) -> None:
    """
    However a provider can be told them, a broadcast's template has each recipient's own values.
    """
    client, provider = _client(way, bulk_limit=limit)

    receipt = client.send_bulk(Broadcast(template=TEMPLATE, recipients=PEOPLE), workers=1)

    assert receipt.ok
    assert sorted(provider.told) == sorted(EXPECTED)


@pytest.mark.parametrize("way", Personalisation)
def test_a_campaign_keeps_the_template(way: Personalisation, tmp_path: Any) -> None:
    """
    Through a ledger, which is opened again before it is sent, everybody gets the same.
    """
    client, provider = _client(way)
    path = str(tmp_path / "ledger.sqlite")
    with Ledger.open(path) as ledger:
        campaign = ledger.plan(client, Broadcast(template=TEMPLATE, recipients=PEOPLE)).id
    with Ledger.open(path) as ledger:
        ledger.campaign(campaign).run(client, workers=1)

    assert sorted(provider.told) == sorted(EXPECTED)


def test_the_values_of_a_message_stand_as_they_are() -> None:
    """
    A message has one recipient and no variables: braces in its values are braces.
    """
    client, provider = _client()

    client.send(Message(PEOPLE[0].to, template=MessageTemplate("t", values=["{a}", "}"])))

    assert provider.told == [(PEOPLE[0].to, {"1": "{a}", "2": "}"})]
    broadcast = Message(PEOPLE[0].to, template=MessageTemplate("t", values=["{a}"])).as_broadcast()
    filled = broadcast.template_for(PEOPLE[0])
    assert filled is not None
    assert filled.values == {"1": "{a}"}


def test_the_same_values_at_the_same_address_are_a_duplicate() -> None:
    """
    What a template says is its values: the same twice is sent once, other values are not.
    """
    client, provider = _client()
    twice = [PEOPLE[0], PEOPLE[0], attrs.evolve(PEOPLE[0], variables={"name": "Bob"})]

    receipt = client.send_bulk(Broadcast(template=TEMPLATE, recipients=twice))

    assert [each.state for each in receipt] == [State.QUEUED, State.CANCELLED, State.QUEUED]
    assert [values["1"] for _, values in provider.told] == ["Dear Ann", "Dear Bob"]


@pytest.mark.parametrize("variables", [{}, {"name": " "}])
def test_a_missing_value_is_refused_before_anything_is_sent(variables: dict[str, str]) -> None:
    """
    Nobody gets "Dear !": the recipient and the variable are named.
    """
    client, provider = _client()

    with pytest.raises(UsageError, match=r"\+14155550103.*name"):
        client.send_bulk(
            Broadcast(template=TEMPLATE, recipients=[*PEOPLE, Recipient("+14155550103", variables)])
        )

    assert provider.told == []


def test_a_provider_without_templates_refuses_one() -> None:
    """
    What `Features` does not say cannot be asked for.
    """
    client, provider = _client(templates=False)

    with pytest.raises(Unsupported, match="template"):
        client.send(Message("+14155550101", template=TEMPLATE))

    assert provider.told == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: MessageTemplate(""),
        lambda: MessageTemplate(None),  # type: ignore[arg-type]
        lambda: MessageTemplate("t", values="Ann"),
        lambda: MessageTemplate("t", values={"1": 1.5}),
        lambda: Message("+14155550101", template="t"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_template_is_refused(make: Any) -> None:
    """
    An id that is empty and values that are no texts are named where they are written.
    """
    with pytest.raises(UsageError, match=r"id|values|string|MessageTemplate"):
        make()


def test_a_template_can_be_pickled() -> None:
    """
    It goes to workers in other processes, as messages do.
    """
    assert pickle.loads(pickle.dumps(TEMPLATE)) == TEMPLATE
