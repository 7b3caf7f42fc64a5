"""Whatever the model accepts reaches Hyber meaning the same, or is refused before any request."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import polycast
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polycast import (
    Broadcast,
    BulkReceipt,
    Client,
    Message,
    PolycastError,
    Recipient,
    State,
    UsageError,
)
from polycast.sandbox import ManualClock, host
from polycast_hyber import Options, Push, Sms, Viber, WhatsApp
from polycast_hyber.sandbox import HyberSandbox


@attrs.frozen
class Environment:
    client: Client
    server: HyberSandbox


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    server = HyberSandbox(ManualClock())
    with host([server]) as hosted:
        connected: dict[str, Any] = {**server.settings(), "base_url": hosted.base_url("hyber")}
        with polycast.connect("hyber", **connected) as client:
            yield Environment(client, server)


RELAXED = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Characters that mean something to somebody are worth more tries than others.
characters = st.sampled_from("{}% _aB1€їЇ\n😀")
names = st.sampled_from(["name", "a", "of", "D0", "ім", "variable1", "phone_number", "text"])
plain = st.text(characters, min_size=1, max_size=12)
literals = plain.map(lambda text: text.replace("{", "{{").replace("}", "}}"))
templates = st.lists(
    st.one_of(
        literals,
        names.map("{{{}}}".format),
        names.map("%{}%".format),
    ),
    min_size=1,
    max_size=4,
).map("".join)
numbers = st.integers(10**8, 10**9 - 1).map(lambda number: f"38{number}5")
addresses = st.builds("{}{}".format, st.sampled_from(["+", "tel:", "tel:+"]), numbers)
variables = st.dictionaries(names, st.text(characters, max_size=8), max_size=8)
senders = st.sampled_from([None, None, "GMSU", "380441234567", "Їжа", "Restaurant 12"])
#: What every channel takes, what some do, and what none does.
ttls = st.sampled_from([None, None, 3600, 7200, 45, 604_800, 1, 0.5]).map(
    lambda seconds: seconds and timedelta(seconds=seconds)
)
moments = st.one_of(
    st.none(),
    st.datetimes(
        datetime(1900, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30, seconds=7))]),
    ),
)


def own(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Options of a channel, each field left out or given."""
    return st.builds(kind, **{name: st.none() | each for name, each in fields.items()})


def options_with(words: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[Any]]:
    """Options of each channel, with such words in them."""
    return {
        "viber": own(
            Viber,
            text=words,
            caption=words,
            action=st.sampled_from(["https://example.com/%D0%9F", "viber://pa"]),
            ttl=st.sampled_from([timedelta(seconds=s) for s in (39, 40, 3600, 86400)]),
            count_clicks=st.booleans(),
        ),
        "sms": own(Sms, text=words, sender=st.sampled_from(["GMSU", "GMSU", "Їжа"])),
        "whatsapp": own(
            WhatsApp, latitude=st.floats(-90, 90), image=st.just("https://example.com/i.png")
        ),
        "push": st.builds(Push, title=st.one_of(st.just("News"), words)),
    }


TEMPLATES = options_with(templates.filter(str.strip))
LITERALS = options_with(literals.filter(str.strip))


@st.composite
def ways(
    draw: st.DrawFn, own: dict[str, st.SearchStrategy[Any]]
) -> tuple[tuple[str, ...], Options | None]:
    """Channels, and options that mostly are of them."""
    channels = draw(st.lists(st.sampled_from(list(own)), max_size=3, unique=True).map(tuple))
    told = channels + draw(st.sampled_from([(), (), (), (), ("viber",)]))
    options = {name: draw(own[name]) for name in told if name == "push" or draw(st.booleans())}
    if not options and draw(st.booleans()):
        return channels, None
    return channels, Options(**options, sync=draw(st.booleans()))


def attempted(
    environment: Environment, call: Callable[[], object]
) -> list[polycast.sandbox.Accepted] | None:
    """What the server took on; None when the request was refused before it left."""
    before, requests = len(environment.server.accepted), len(environment.server.requests)
    try:
        call()
    except UsageError:
        assert len(environment.server.requests) == requests, "refused, and something was sent"
        return None
    except PolycastError as error:
        raise AssertionError(f"the server refused what was let through: {error}") from error
    asked = environment.server.requests[requests:]
    assert [entry.problems for entry in asked if entry.problems] == []
    return environment.server.accepted[before:]


def text_on(channel: str, asked: Options | None, text: str | None) -> str | None:
    """The template that is read on a channel."""
    chosen = getattr(asked, channel, None)
    return text if chosen is None or chosen.text is None else chosen.text


def filled(template: str, values: Any) -> str:
    """Fill a template in, by another way than Polycast does."""

    def replaced(match: re.Match[str]) -> str:
        return {"{{": "{", "}}": "}"}.get(match[0]) or str(values[match[1]])

    return re.sub(r"\{\{|\}\}|\{(\w+)\}", replaced, template)


@RELAXED
@given(
    to=addresses,
    text=st.none() | plain.filter(str.strip),
    sender=senders,
    way=ways(LITERALS),
    ttl=ttls,
    send_at=moments,
)
def test_a_message_means_the_same(
    environment: Environment,
    to: str,
    text: str | None,
    sender: str | None,
    way: tuple[tuple[str, ...], Options | None],
    ttl: timedelta | None,
    send_at: datetime | None,
) -> None:
    """Number, words and sender are those that were given, to the letter."""
    channels, asked = way
    message = Message(
        to, text=text, sender=sender, channels=channels, ttl=ttl, send_at=send_at, options=asked
    )
    accepted = attempted(environment, lambda: environment.client.send(message))
    if accepted is None:
        return
    (one,) = accepted
    assert one.to == to.removeprefix("tel:").removeprefix("+")
    first = _first(channels, asked)
    expected = text_on(first, asked, None)
    assert one.text == (filled(expected, {}) if expected is not None else text or "")
    if first == "sms":
        chosen = asked.sms if asked and asked.sms else Sms()
        assert one.sender == (chosen.sender or sender or "Sandbox")


@RELAXED
@given(
    text=st.none() | templates.filter(str.strip),
    people=st.lists(
        st.tuples(addresses, variables, st.none() | plain.filter(str.strip)),
        min_size=1,
        max_size=4,
        # Who is in a list twice gets a text once.
        unique_by=lambda person: person[0].removeprefix("tel:").removeprefix("+"),
    ),
    way=ways(TEMPLATES),
)
def test_a_broadcast_means_the_same(
    environment: Environment,
    text: str | None,
    people: list[tuple[str, dict[str, str], str | None]],
    way: tuple[tuple[str, ...], Options | None],
) -> None:
    """Everybody gets their own words, whichever way Hyber was told them, or is told as refused.

    Hyber refuses single recipients where what was filled in leaves nothing, or too much.
    """
    channels, asked = way
    try:
        broadcast = Broadcast(
            text=text,
            recipients=[
                Recipient(to, values, text=mine, reference=str(place))
                for place, (to, values, mine) in enumerate(people)
            ],
            channels=channels,
            options=asked,
        )
    except UsageError:
        return
    sent: list[BulkReceipt] = []
    accepted = attempted(environment, lambda: sent.append(environment.client.send_bulk(broadcast)))
    if accepted is None:
        return
    refused = told_as_refused(environment, sent[0])
    template = text_on(_first(channels, asked), asked, None)
    expected = []
    for place, (to, values, mine) in enumerate(people):
        if template is not None:
            words = filled(template, values)
        elif mine is not None:
            words = mine
        else:
            words = "" if text is None else filled(text, values)
        if str(place) not in refused:
            expected.append((to.removeprefix("tel:").removeprefix("+"), words))
        elif words.strip():
            assert asked is not None
            assert any("{" in str(way) for way in attrs.astuple(asked) if way)
    assert sorted((one.to, one.text) for one in accepted) == sorted(expected)


def told_as_refused(environment: Environment, sent: BulkReceipt) -> set[str | None]:
    """The references of those whom Hyber says it refused."""
    told = sent.receipts if sent.id is None else environment.client.status(sent.id).reports
    return {each.reference for each in told if each.state is State.REJECTED}


def _first(channels: tuple[str, ...], asked: Options | None) -> str:
    told = [name for name in ("viber", "sms", "whatsapp", "push") if getattr(asked, name, None)]
    return channels[0] if channels else told[0] if told else "sms"


@RELAXED
@given(template=templates, values=variables)
def test_most_templates_are_not_refused(
    environment: Environment, template: str, values: dict[str, str]
) -> None:
    """What has all its variables, and none of Hyber's own, is refused only where it cannot be told.

    That is where a percent sign and a word stand right before a placeholder.
    """
    try:
        parsed = polycast.Template.parse(template)
    except UsageError:
        return
    values = {name: values.get(name, "").strip() or "x" for name in parsed.names}
    if not filled(template, values).strip() or "phone_number" in template:
        return
    accepted = attempted(
        environment,
        lambda: environment.client.send_bulk(
            Broadcast(text=template, recipients=[Recipient("+380961234567", values)])
        ),
    )
    if re.search(r"%[A-Za-z_]\w*\{", template):
        return
    assert accepted is not None
    assert accepted[0].text == filled(template, values)
