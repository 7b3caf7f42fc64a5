"""Recipients and texts of any kind: typed errors alone, and one bad row never loses the others."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from polycast import Broadcast, PolycastError, Recipient, State, UsageError
from polycast.campaign import Ledger
from polycast.sandbox import Sandbox, installed
from polycast.testing.environments import Environment, environments

BOUNDED = settings(
    derandomize=True,
    max_examples=20,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
#: How each provider's numbers begin; none ends in a way that has a fate in the sandbox.
NUMBERS = {
    "hyber": "+3809612{:04}5",
    "infobip": "+41793{:04}5",
    "mozes": "+12125559{:02}5",
    "ogangi": "+1305670{:03}5",
    "smsby": "+37529123{:03}5",
    "textit": "+25078812{:03}5",
    "twilio": "+1415555{:03}5",
}
#: An address, or None for a number that can be sent to; the name, or None where there is none.
Row = tuple[str | None, str | None]

PLAIN_START = "Ann "
PLAIN_TEXTS = ("Dear {name}, welcome", "Вітаємо, {name}!")
#: Any code point: controls, halves of surrogate pairs, and those that no character has.
ANYTHING = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["", " ", "\x00", "\ud83d", "\U0010ffff", "{name}", "%name%", "{0}", "@contact", "@(1/0)", ";"]
)
PLAIN = st.text("aZ іЇ😀,;'\"&<%@{}\n", max_size=10).map(f"{PLAIN_START}{{}}Z".format)
ODD_ADDRESS = ANYTHING | st.builds(
    "{}{}".format, st.sampled_from(["+", "tel:", "contact:", "group:", "+1 305"]), ANYTHING
)
GOOD = st.tuples(st.none(), PLAIN)
#: A bad row costs a list that is sent at once all of it, unless the provider refuses it alone.
ROWS = st.lists(GOOD, min_size=4, max_size=8) | st.lists(
    GOOD | st.tuples(st.none(), ANYTHING | st.none()) | st.tuples(ODD_ADDRESS, PLAIN),
    min_size=1,
    max_size=8,
)
TEXTS = st.sampled_from(PLAIN_TEXTS) | st.builds("{}{{name}}{}".format, ANYTHING, ANYTHING)
#: What broke something once.
SAMPLES: list[tuple[str, list[Row]]] = [
    ("Dear {name}", [(None, "Ann"), ("+12\ud83d", "Bob"), (None, "\ud83d"), (None, "\x00")]),
    ("Dear {name}, welcome", [(None, "Ann "), ("tel:none", "Bob"), (None, "Ann @contact")]),
]


def sampled(run: Callable[[str, list[Row]], None]) -> Callable[[], None]:
    """Run with what broke something once, and with what hypothesis makes."""
    for sample in SAMPLES:
        run = example(*sample)(run)
    return BOUNDED(given(TEXTS, ROWS)(run))


def address_of(name: str, index: int, row: Row) -> str:
    """Return the address of a row; a number of its own where it has none."""
    return NUMBERS[name].format(index) if row[0] is None else row[0]


def people(name: str, rows: list[Row]) -> list[Recipient | str]:
    """Return recipients; one that the model refuses is an address alone."""
    made: list[Recipient | str] = []
    for index, row in enumerate(rows):
        address, value = address_of(name, index, row), row[1]
        try:
            made.append(Recipient(address, variables={} if value is None else {"name": value}))
        except UsageError:
            made.append(address)
    return made


def rendered(name: str, text: str, value: str | None) -> str:
    """Fill a text in, by another way than Polycast does."""
    whole = text.replace("{name}", value or "")
    return whole.strip() if name == "textit" else whole


def good_ones(text: str, rows: list[Row]) -> set[int]:
    """Return the places of rows that no provider may refuse."""
    return {
        index
        for index, (to, value) in enumerate(rows)
        if text in PLAIN_TEXTS and to is None and (value or "").startswith(PLAIN_START)
    }


class Arrivals:
    """What a sandbox has taken on since the last look, by number and text."""

    def __init__(self, server: Sandbox) -> None:
        self.server, self.seen = server, 0

    def take(self) -> Counter[tuple[str, str]]:
        """Return what is new."""
        every = self.server.accepted
        new, self.seen = every[self.seen :], len(every)
        return Counter((re.sub(r"\D", "", each.to), each.text) for each in new)


@pytest.fixture(params=sorted(NUMBERS))
def here(request: pytest.FixtureRequest) -> Iterator[Environment[Any]]:
    """A client and its server."""
    with environments(installed()[request.param]) as make:
        here = make()
        yield here
        # The promise would be an empty one if hardly anything were sent.
        assert len(here.server.accepted) > 40


def wanted(name: str, text: str, rows: list[Row], sent: list[int]) -> Counter[tuple[str, str]]:
    """Return what must have arrived, where these rows count as sent."""
    return Counter(
        (
            re.sub(r"\D", "", address_of(name, index, rows[index])),
            rendered(name, text, rows[index][1]),
        )
        for index in sent
    )


def test_a_campaign_loses_no_row_to_another(here: Environment[Any], tmp_path: Path) -> None:
    """Each row is left out, refused, or arrives once and as it reads; a good row arrives."""
    name, arrivals = here.server.name, Arrivals(here.server)
    limit = here.client.features.bulk_limit or 3

    with Ledger.open(tmp_path / "ledger.db") as ledger:

        @sampled
        def run(text: str, rows: list[Row]) -> None:
            try:
                broadcast = Broadcast(recipients=iter(people(name, rows)), text=text)
                campaign = ledger.plan(
                    here.client, broadcast, batch_size=min(3, limit), skip_invalid=True
                )
            except UsageError:
                assert not good_ones(text, rows)
                assert not arrivals.take()
                return
            assert campaign.run(here.client, in_flight_grace=0).state == "done"
            results = sorted(campaign.results(), key=lambda each: each.position)
            assert [each.position for each in results] == list(range(1, len(rows) + 1))
            out = ("left out", "rejected")
            sent = [each.position - 1 for each in results if each.state not in out]
            assert arrivals.take() == wanted(name, text, rows, sent), results
            assert good_ones(text, rows) <= {*sent}, results

        run()


def test_a_list_loses_no_row_to_another(here: Environment[Any]) -> None:
    """All is refused, or each row is left out, refused, or arrives once and as it reads."""
    name, arrivals = here.server.name, Arrivals(here.server)

    @sampled
    def run(text: str, rows: list[Row]) -> None:
        try:
            broadcast = Broadcast(recipients=people(name, rows), text=text)
            receipts = here.client.send_bulk(broadcast).receipts
        except PolycastError:
            assert not arrivals.take()
            assert len(good_ones(text, rows)) < len(rows)
            return
        assert len(receipts) == len(rows)
        out = (State.CANCELLED, State.REJECTED)
        sent = [index for index, each in enumerate(receipts) if each.state not in out]
        assert arrivals.take() == wanted(name, text, rows, sent), receipts
        assert good_ones(text, rows) <= {*sent}, receipts

    run()
