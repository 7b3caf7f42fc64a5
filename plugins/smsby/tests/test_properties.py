"""Whatever the model accepts either reaches the server meaning the same, or never leaves."""

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
from polycast.sandbox import ManualClock, host
from polycast_smsby import Options
from polycast_smsby.sandbox import SmsBySandbox


@attrs.frozen
class Environment:
    client: Client
    server: SmsBySandbox


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    """One server for all examples; its clock stands still."""
    server = SmsBySandbox(ManualClock())
    with host([server]) as hosted:
        account: dict[str, Any] = SmsBySandbox.settings()
        with polycast.connect("smsby", base_url=hosted.base_url("smsby"), **account) as client:
            yield Environment(client, server)
    # The promise would be an empty one if hardly anything were sent.
    assert len(server.requests) > 40
    assert [entry for entry in server.requests if entry.problems] == []


def rarely(odd: st.SearchStrategy[Any], common: st.SearchStrategy[Any]) -> Any:
    """Mostly `common`: each field that is refused hides what would become of the others."""
    return st.integers(0, 29).flatmap(lambda draw: odd if draw == 17 else common)


# Ten digits at least, and no ending that the sandbox gives a fate of its own.
numbers = st.integers(10**9, 10**14 - 1).map(lambda number: f"{number}5")
addresses = rarely(
    st.sampled_from(["contact:17", "group:VIP", "tel:029", "viber:+375291234567"]),
    st.one_of(
        numbers.map(lambda digits: f"+{digits}"), numbers.map(lambda digits: f"tel:{digits}")
    ),
)
#: At most 670 code units: what is longer is for sms.by to refuse.
texts = st.text(min_size=1, max_size=30).filter(str.strip)
names = {"0": "SMS.by", "123": "Bistro", "234": "Bistro.by", "1363": "VasheImya"}
alphanames = st.sampled_from(sorted(names))
options = st.none() | rarely(
    st.builds(
        Options,
        alphaname_id=st.none() | alphanames.map(int),
        forwarding_message=st.none() | st.booleans(),
        forwarding_time=st.none() | st.integers(5, 60),
        vibername_id=st.none() | st.just(77),
    ),
    st.builds(Options, alphaname_id=alphanames.map(int))
    | st.builds(
        Options,
        forwarding_message=st.just(True),
        forwarding_time=st.none() | st.integers(5, 60),
        vibername_id=st.just(77),
    ),
)
content: dict[str, st.SearchStrategy[Any]] = {
    "sender": st.none() | rarely(texts, alphanames),
    "channels": rarely(
        st.sampled_from([("sms", "viber"), ("viber",), ("sms", "sms")]),
        st.sampled_from([(), ("sms",)]),
    ),
    "send_at": st.none() | st.datetimes(timezones=st.timezones()),
    "ttl": rarely(st.just(timedelta(hours=1)), st.none()),
    "media": rarely(st.just(("https://example.org/cat.jpg",)), st.just(())),
    "callback_url": st.none() | texts.map(lambda path: f"https://example.org/{path}"),
    "options": options,
}


def asked_sender(asked: Message | Broadcast) -> str:
    chosen = asked.options.alphaname_id if isinstance(asked.options, Options) else None
    return names[asked.sender or str(chosen or 0)]


def starts(asked: Message | Broadcast, now: datetime) -> datetime:
    """When it is to start, to the second: rounded up, and never in the past."""
    if asked.send_at is None:
        return now
    moment = asked.send_at.astimezone(UTC)
    if moment.microsecond:
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
    return max(now, moment)


@settings(deadline=None, max_examples=200)
@given(st.builds(Message, addresses, text=rarely(st.none(), texts), **content))
def test_a_message_means_the_same_or_never_leaves(
    environment: Environment, message: Message
) -> None:
    """Number, text, sender, start, forwarding and callback: each is there, or all is refused."""
    before = len(environment.server.requests), len(environment.server.account.sms)
    try:
        environment.client.send(message)
    except UsageError:
        assert (len(environment.server.requests), len(environment.server.account.sms)) == before
        return
    (sms,) = environment.server.account.sms[before[1] :]
    now = environment.server.clock.now()
    assert sms.phone == message.address.removeprefix("+")
    assert sms.text == message.text
    assert sms.sender == asked_sender(message)
    assert sms.starts_at == starts(message, now)
    assert (message.ttl, message.media) == (None, ())
    chosen = message.options if isinstance(message.options, Options) else Options()
    forwards = bool(chosen.forwarding_message) or "viber" in message.channels
    form = environment.server.requests[-1].body.decode()
    assert ("forwarding_message=1" in form) is forwards
    if forwards and chosen.forwarding_time is not None:
        assert f"forwarding_time={chosen.forwarding_time}&" in form
    if message.callback_url is not None:
        assert environment.server.account.requests[-1].callback_url == message.callback_url


recipients = st.lists(
    st.builds(
        Recipient,
        addresses,
        variables=st.fixed_dictionaries(
            {"a": rarely(st.just(" "), texts)}, optional={"b": st.text(max_size=5)}
        ),
        text=st.none() | texts,
    ),
    min_size=1,
    max_size=8,
)
templates = st.lists(
    rarely(
        st.sampled_from(["{b}", "{0}", "{"]) | texts,
        st.sampled_from(["{a}", "{{", "}}", "Hi ", "\n", "%a%"]),
    ),
    max_size=5,
).map("".join)


@settings(deadline=None, max_examples=200)
@given(recipients, rarely(st.none(), templates), st.none() | texts, st.fixed_dictionaries(content))
def test_a_broadcast_means_the_same_or_never_leaves(
    environment: Environment,
    recipients: list[Recipient],
    text: str | None,
    name: str | None,
    fields: dict[str, Any],
) -> None:
    """Everybody gets their own text, once, from the right sender at the right time, or nobody."""
    assume(text is None or text.strip())
    before = len(environment.server.requests), len(environment.server.account.sms)
    broadcast = Broadcast(recipients=recipients, text=text, name=name, **fields)
    try:
        sent = environment.client.send_bulk(broadcast)
    except UsageError:
        assert (len(environment.server.requests), len(environment.server.account.sms)) == before
        return
    assert len(environment.server.requests) == before[0] + 1
    arrived = environment.server.account.sms[before[1] :]
    wanted = {(each.address.removeprefix("+"), broadcast.text_for(each)) for each in recipients}
    assert Counter((sms.phone, sms.text) for sms in arrived) == Counter(wanted)
    assert {sms.sender for sms in arrived} == {asked_sender(broadcast)}
    assert {sms.starts_at for sms in arrived} == {starts(broadcast, environment.server.clock.now())}
    assert (broadcast.ttl, broadcast.media) == (None, ())
    assert "viber" not in broadcast.channels
    assert environment.server.account.requests[-1].callback_url == (broadcast.callback_url or "")
    assert [receipt.to for receipt in sent.receipts] == [each.to for each in recipients]
