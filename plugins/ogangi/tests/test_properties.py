"""Whatever the model accepts either reaches the server meaning the same, or never leaves."""

import csv
import io
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import polycast
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polycast import Broadcast, Client, Message, Recipient, UsageError
from polycast.sandbox import ManualClock, Received, host
from polycast_ogangi import Options
from polycast_ogangi.sandbox import OgangiSandbox

ZONE = "America/Caracas"
CODES = ("434", "0000000", "1111111")


@attrs.frozen
class Environment:
    client: Client
    server: OgangiSandbox

    def since(self) -> tuple[int, set[str]]:
        """How many requests there were so far, and the ids of the messages."""
        return len(self.server.requests), {each.id for each in self.server.accepted}

    def arrived(self, before: tuple[int, set[str]]) -> Counter[tuple[str, str, str]]:
        """What was accepted since then: number, text, sender."""
        accepted = [each for each in self.server.accepted if each.id not in before[1]]
        return Counter((each.to, each.text, each.sender) for each in accepted)


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    """One server for all examples; its clock stands still."""
    server = OgangiSandbox(ManualClock(), searches_names=True)
    with host([server]) as hosted:
        account: dict[str, Any] = OgangiSandbox.settings()
        with polycast.connect("ogangi", base_url=hosted.base_url("ogangi"), **account) as client:
            yield Environment(client, server)
    # The promise would be an empty one if hardly anything were sent.
    operations = Counter(entry.operation for entry in server.requests)
    assert min(operations["send_sms_by_file"], operations["create_broadcast_from_json"]) > 30
    assert [entry for entry in server.requests if entry.problems] == []


def rarely(odd: st.SearchStrategy[Any], common: st.SearchStrategy[Any]) -> Any:
    """Mostly `common`: each field that is refused hides what would become of the others."""
    return st.integers(0, 29).flatmap(lambda draw: odd if draw == 17 else common)


# No ending that the sandbox gives a fate of its own.
numbers = st.integers(10**9, 10**13 - 1).map(lambda number: f"{number}5")
addresses = rarely(
    st.sampled_from(["contact:17", "group:VIP", "viber:+375291234567"]),
    numbers.map(lambda digits: f"+{digits}"),
)
texts = st.text(min_size=1, max_size=30).filter(str.strip) | st.sampled_from(
    [
        'a "quoted"; text',
        "a\nb\r\nc",
        "{0}",
        "{{0}}",
        "{x}",
        "/",
        " ,",
        "Юліє",
        "null",
        "-1",
        "a\u2028b\x85c",
        "\x00 \x1c",
    ]
)
senders = rarely(st.sampled_from(["1/2", ".."]), st.sampled_from(CODES))
moments = st.datetimes(
    datetime.fromisoformat("2025-01-01"),
    datetime.fromisoformat("2035-01-01"),
    timezones=st.timezones(),
)
options = st.none() | rarely(
    st.builds(
        Options,
        delivery=st.sampled_from([None, "file", "broadcast"]),
        dialect=st.sampled_from([None, "csv", "legacy-semicolon"]),
        carrier=st.none() | texts,
        use_shortcode=st.none() | st.booleans(),
    ),
    st.builds(Options, delivery=st.just("broadcast"), use_shortcode=st.none() | st.booleans())
    | st.builds(
        Options,
        delivery=st.just("file"),
        dialect=st.sampled_from([None, "csv", "legacy-semicolon"]),
        carrier=st.none() | st.sampled_from(["Movistar", 'O\'2, "UK"']),
        timezone=st.none() | st.just("America/New_York"),
    ),
)
content: dict[str, st.SearchStrategy[Any]] = {
    "sender": st.none() | senders,
    "channels": rarely(
        st.sampled_from([("viber",), ("sms", "viber")]), st.sampled_from([(), ("sms",)])
    ),
    "send_at": st.none() | moments,
    "ttl": rarely(st.just(timedelta(hours=1)), st.none()),
    "media": rarely(st.just(("https://example.org/cat.jpg",)), st.just(())),
    "callback_url": rarely(st.just("https://example.org/"), st.none()),
    "options": options,
}


def chosen(asked: Message | Broadcast) -> Options:
    return asked.options if isinstance(asked.options, Options) else Options()


def check_file(asked: Message | Broadcast, request: Received) -> None:
    """The carrier and the time zone are in every row, in the dialect asked for."""
    assert asked.send_at is None
    told = chosen(asked)
    assert (told.use_shortcode, told.broadcast_id) == (None, None)
    rest = request.body.decode().partition("\r\n\r\n")[2]
    content = rest.rpartition("\r\n--")[0]
    if told.dialect == "legacy-semicolon":
        rows = [line.split(";") for line in content.split("\n")]
    else:
        rows = list(csv.reader(io.StringIO(content, newline="")))
    shared = {tuple(row[2:5]) for row in rows}
    assert shared == {(told.carrier or "", "UTF-8", told.timezone or ZONE)}


def check_broadcast(environment: Environment, asked: Message | Broadcast, id_: str | None) -> None:
    """The start is the one asked for, to the minute and never early; the name can be found."""
    told = chosen(asked)
    assert (told.dialect, told.carrier, told.timezone) == (None, None, None)
    assert id_ is not None
    number = int(id_.removeprefix("broadcast:"))
    start = datetime.fromisoformat(
        environment.client.api.get_broadcast(8, number).result.broadcast.start_date
    )
    now = environment.server.clock.now()
    asked_for = (asked.send_at or now).astimezone(UTC)
    assert start >= asked_for
    assert start == now or start - asked_for < timedelta(minutes=1)
    if isinstance(asked, Broadcast) and asked.name is not None:
        name = b64encode(asked.name.encode()).decode()
        found = environment.client.api.list_broadcasts(8, 4, None, None, name).result.broadcasts
        assert number in {each.id for each in found}


def check(
    environment: Environment,
    asked: Message | Broadcast,
    before: tuple[int, set[str]],
    id_: str | None,
) -> None:
    """One request carries everything: what was not refused was not dropped either."""
    (request,) = environment.server.requests[before[0] :]
    assert (asked.ttl, asked.media, asked.callback_url) == (None, (), None)
    assert "viber" not in asked.channels
    if request.operation == "send_sms_by_file":
        check_file(asked, request)
    else:
        check_broadcast(environment, asked, id_)


@settings(deadline=None, max_examples=200)
@given(message=st.builds(Message, addresses, text=rarely(st.none(), texts), **content))
def test_a_message_means_the_same_or_never_leaves(
    environment: Environment, message: Message
) -> None:
    """Number, text, sender, start and options: each is there, or all is refused."""
    before = environment.since()
    try:
        receipt = environment.client.send(message)
    except UsageError:
        assert environment.since() == before
        return
    sender = message.sender or CODES[0]
    number = message.address.removeprefix("+")
    assert environment.arrived(before) == Counter([(number, message.text, sender)])
    assert receipt.to == message.to
    check(environment, message, before, receipt.id)


recipients = st.lists(
    st.builds(
        Recipient,
        addresses,
        variables=st.fixed_dictionaries({"a": texts}, optional={"b": st.text(max_size=5)}),
        text=st.none() | rarely(st.just("Use {0}"), texts),
    ),
    min_size=1,
    max_size=6,
)
templates = st.lists(
    rarely(
        st.sampled_from(["{b}", "{0}", "{", "{{0}}"]) | texts,
        st.sampled_from(["{a}", "{{", "}}", "Hi ", "\n", '"', "0"]),
    ),
    max_size=5,
).map("".join)
names = rarely(st.sampled_from(["null", "a/b", ".."]), st.none() | texts)


@settings(deadline=None, max_examples=200)
@given(recipients, rarely(st.none(), templates), names, st.fixed_dictionaries(content))
def test_a_broadcast_means_the_same_or_never_leaves(
    environment: Environment,
    recipients: list[Recipient],
    text: str | None,
    name: str | None,
    fields: dict[str, Any],
) -> None:
    """Everybody gets their own text, once, from the right sender at the right time, or nobody."""
    assume(text is None or text.strip())
    before = environment.since()
    broadcast = Broadcast(recipients=recipients, text=text, name=name, **fields)
    try:
        sent = environment.client.send_bulk(broadcast)
    except UsageError:
        assert environment.since() == before
        return
    sender = broadcast.sender or CODES[0]
    # The same text goes to an address once.
    assert environment.arrived(before) == Counter(
        {(each.address.removeprefix("+"), broadcast.text_for(each), sender) for each in recipients}
    )
    assert [receipt.to for receipt in sent.receipts] == [each.to for each in recipients]
    check(environment, broadcast, before, sent.id)
