"""A ledger in which something has been overwritten."""

import json
from collections.abc import Callable

import pytest
from polycast import Broadcast, LedgerError, Recipient, Report, State
from polycast.campaign import Campaign, Ledger, schema
from polycast.campaign.recipient_batch import RecipientBatch
from polycast.campaign.store import Store
from polycast.client import Client

#: Overwrites who is in a batch, or what is known of them.
Damage = Callable[[Campaign, str], None]


@pytest.fixture
def damage(url: str) -> Damage:
    """Return what damages all batches of a campaign."""

    def damage(campaign: Campaign, table: str) -> None:
        store = Store(url)
        chosen = schema.metadata.tables[f"polycast_{table}"]
        with store.write() as connection:
            connection.execute(
                chosen.update().where(chosen.c.campaign == campaign.id).values({table: b"[7]"})
            )
        store.close()

    return damage


@pytest.mark.parametrize("table", ["people", "outcomes"])
def test_damage_is_told_and_costs_no_other_campaign(
    ledger: Ledger,
    client: Client,
    broadcast: Broadcast,
    people: list[Recipient],
    damage: Damage,
    table: str,
) -> None:
    """Who asks for a damaged campaign is told so; reports about others find their people."""
    broken = ledger.plan(client, broadcast)
    whole = ledger.plan(client, Broadcast(text="Hello", recipients=["+12125559999"]))
    for campaign in (broken, whole):
        campaign.run(client)
    ledger.note(client, [Report(people[0].to, State.FAILED)])
    broken.report()
    damage(broken, table)
    ledger.note(client, [Report("+12125559999", State.DELIVERED)])

    assert whole.report().states == {"delivered": 1}
    with pytest.raises(LedgerError, match="damaged"):
        list(broken.results())
    broken.delete()


@pytest.mark.parametrize("name", ["to", "references", "variables"])
def test_nobody_goes_missing_quietly(people: list[Recipient], name: str) -> None:
    """People of whom a part is lost are no people: the batch is not sent without them."""
    fields = json.loads(RecipientBatch.of(range(1, 36), people).write())
    if name == "variables":
        fields[name] = {each: values[:-1] for each, values in fields[name].items()}
    else:
        fields[name] = fields[name][:-1]

    with pytest.raises(ValueError, match="missing"):
        RecipientBatch.read(json.dumps(fields).encode())
