"""Whatever the model accepts either reaches the server meaning the same, or is not created."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import polycast
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polycast import Broadcast, Client, Message, Recipient, Rejected, State, UsageError
from polycast.sandbox import ManualClock, host
from polycast_textit import Options
from polycast_textit.sandbox import TextItSandbox

JOE = "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"
ANA = "5079cb96-a1d8-4f47-8c87-d8c7bb6ddab9"
CUSTOMERS = "04a4752b-0f49-480e-ae60-3a3f2bea485c"
PICTURE = Path("menu.png")


@attrs.frozen
class Environment:
    client: Client
    server: TextItSandbox

    def since(self) -> tuple[int, int]:
        """How many requests there were so far, and how many broadcasts."""
        return len(self.server.requests), len(self.server.workspace.broadcasts)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """One server for all examples; its clock stands still. One file lies in the working folder."""
    server = TextItSandbox(ManualClock())
    folder = tmp_path_factory.mktemp("files")
    (folder / PICTURE).write_bytes(b"\x89PNG")
    account: dict[str, Any] = TextItSandbox.settings()
    with pytest.MonkeyPatch.context() as patch, host([server]) as hosted:
        patch.chdir(folder)
        with polycast.connect("textit", base_url=hosted.base_url("textit"), **account) as client:
            yield Environment(client, server)
    # The promise would be an empty one if hardly anything were sent.
    assert len(server.workspace.broadcasts) > 40


def rarely(odd: st.SearchStrategy[Any], common: st.SearchStrategy[Any]) -> Any:
    """Mostly `common`: each field that is refused hides what would become of the others."""
    return st.integers(0, 29).flatmap(lambda draw: odd if draw == 17 else common)


# No ending that the sandbox gives a fate of its own.
numbers = st.integers(10**6, 10**9 - 1).map(lambda number: f"{number}5")
addresses = rarely(
    st.sampled_from(["contact:nobody", "group:Nobodies", "pigeon:17", "tel:none"]),
    st.one_of(
        numbers.map(lambda digits: f"+250{digits}"),
        numbers.map(lambda digits: f"tel:+250{digits}"),
        numbers.map(lambda digits: f"telegram:{digits}"),
        st.sampled_from([f"contact:{JOE}", f"contact:{ANA}", f"group:{CUSTOMERS}"]),
    ),
)
texts = st.text(min_size=1, max_size=30).filter(str.strip) | st.sampled_from(
    [" Hello \n", "@contact.name", "{name}", "{{", "@@", "Юліє", '"quoted"', "x" * 4097]
)
languages = rarely(st.just("english"), st.sampled_from(["eng", "spa", "ukr"]))
replies = st.lists(texts.filter(lambda text: len(text) <= 64), max_size=3)
options = st.none() | rarely(
    st.builds(
        Options,
        translations=st.dictionaries(languages, texts, max_size=3),
        base_language=st.none() | languages,
        quick_replies=replies | st.dictionaries(languages, replies, max_size=2),
    ),
    st.builds(Options, base_language=languages, quick_replies=replies)
    | st.builds(
        Options,
        base_language=st.just("eng"),
        translations=st.dictionaries(st.sampled_from(["spa", "ukr"]), texts),
        quick_replies=replies | st.fixed_dictionaries({"eng": replies}),
    ),
)
content: dict[str, st.SearchStrategy[Any]] = {
    "sender": rarely(texts, st.none()),
    "channels": rarely(st.just(("sms",)), st.just(())),
    "send_at": rarely(st.just(datetime(2030, 1, 1, tzinfo=UTC)), st.none()),
    "ttl": rarely(st.just(timedelta(hours=1)), st.none()),
    "media": rarely(
        st.sampled_from([("https://example.org/cat.jpg",), (Path("lost.png"),)]),
        st.sampled_from([(), (), (PICTURE,), (PICTURE, PICTURE)]),
    ),
    "callback_url": rarely(st.just("https://example.org/"), st.none()),
    "options": options,
}

Said = Mapping[str, Any]


def chosen(asked: Message | Broadcast) -> Options:
    return asked.options if isinstance(asked.options, Options) else Options()


def doubled(recipient: Recipient) -> Recipient:
    """The same with each @ of its values doubled: the server would evaluate a single one."""
    values = {name: value.replace("@", "@@") for name, value in recipient.variables.items()}
    return attrs.evolve(recipient, variables=values)


def wanted(asked: Message | Broadcast, text: str | None, to: Iterable[str]) -> Said:
    """What the server must hold; it takes a plain text to be English."""
    told = chosen(asked)
    base = told.base_language or next(iter(told.translations), "eng")
    said = {**({base: text} if text is not None else {}), **told.translations}
    buttons = told.quick_replies
    if not isinstance(buttons, Mapping):
        buttons = dict.fromkeys(said or {base: ""}, buttons)
    urns, contacts, groups = set(), set(), set()
    for each in to:
        scheme, _, rest = each.partition(":")
        if scheme == "contact":
            contacts.add(rest)
        elif scheme == "group":
            groups.add(rest)
        else:
            urns.add(f"tel:{each}" if each.startswith("+") else each)
    return {
        "to": (frozenset(urns), frozenset(contacts), frozenset(groups)),
        # The server trims every text.
        "text": frozenset((language, each.strip()) for language, each in said.items()),
        "base": base,
        "attached": len(asked.media),
        "buttons": frozenset(
            (language, (reply.text or "").strip())
            for language, listed in buttons.items()
            for reply in listed
        ),
    }


def held(broadcast: Any) -> Said:
    """What the server holds."""
    said = broadcast.translations
    return {
        "to": (
            frozenset(broadcast.urns),
            frozenset(str(contact.uuid) for contact in broadcast.contacts),
            frozenset(str(group.uuid) for group in broadcast.groups),
        ),
        "text": frozenset((language, each.text) for language, each in said.items() if each.text),
        "base": broadcast.base_language,
        "attached": max(len(each.attachments) for each in said.values()),
        "buttons": frozenset(
            (language, reply["text"])
            for language, each in said.items()
            for reply in each.quick_replies
        ),
    }


def counted(all_said: Iterable[Said]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(said.values()) for said in all_said)


def nothing_else(asked: Message | Broadcast) -> None:
    """What TextIt has no word for was refused, not dropped."""
    assert (asked.sender, asked.send_at, asked.ttl, asked.callback_url) == (None,) * 4
    assert asked.channels == ()


@settings(deadline=None, max_examples=200)
@given(message=st.builds(Message, addresses, text=rarely(st.none(), texts), **content))
def test_a_message_means_the_same_or_is_not_created(
    environment: Environment, message: Message
) -> None:
    """Recipient, texts by language, files and buttons: each is there, or there is no broadcast."""
    before = environment.since()
    try:
        environment.client.send(message)
    except UsageError:
        assert environment.since() == before
        return
    except Rejected:
        assert environment.since()[1] == before[1]
        return
    (made,) = environment.server.workspace.broadcasts[before[1] :]
    assert held(made) == wanted(message, message.text, [message.to])
    nothing_else(message)


recipients = st.lists(
    st.builds(
        Recipient,
        addresses,
        variables=st.fixed_dictionaries({"a": texts}, optional={"b": st.text(max_size=5)}),
        text=st.none() | texts,
    ),
    min_size=1,
    max_size=6,
)
templates = st.lists(
    rarely(
        st.sampled_from(["{b}", "{0}", "{"]) | texts,
        st.sampled_from(["{a}", "{{", "}}", "Hi ", "\n", "@contact.name"]),
    ),
    max_size=5,
).map("".join)


@settings(deadline=None, max_examples=200)
@given(recipients, rarely(st.none(), templates), st.none() | texts, st.fixed_dictionaries(content))
def test_a_broadcast_means_the_same_or_is_not_created(
    environment: Environment,
    recipients: list[Recipient],
    text: str | None,
    name: str | None,
    fields: dict[str, Any],
) -> None:
    """Each distinct text is one broadcast to those who get it, and a refused one says so."""
    assume(text is None or text.strip())
    before = environment.since()
    broadcast = Broadcast(recipients=recipients, text=text, name=name, **fields)
    try:
        sent = environment.client.send_bulk(broadcast)
    except UsageError:
        assert environment.since() == before
        return
    except Rejected:
        assert environment.since()[1] == before[1]
        return
    refused = {r.to for r in sent.receipts if r.state is State.REJECTED}
    assert all(receipt.detail for receipt in sent.receipts if receipt.to in refused)
    groups: dict[str | None, list[str]] = {}
    for recipient, receipt in zip(recipients, sent.receipts, strict=True):
        assert receipt.to == recipient.to
        # A duplicate is CANCELLED: what became of it, its first receipt says.
        if receipt.state not in (State.REJECTED, State.CANCELLED):
            groups.setdefault(broadcast.text_for(doubled(recipient)), []).append(recipient.to)
    made = environment.server.workspace.broadcasts[before[1] :]
    assert counted(map(held, made)) == counted(
        wanted(broadcast, text, to) for text, to in groups.items()
    )
    nothing_else(broadcast)
