"""Whatever a provider answers: typed errors alone, receipts where an id is, and no row lost."""

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polycast import (
    Broadcast,
    CallbackRequest,
    Client,
    Message,
    PolycastError,
    Recipient,
    State,
)
from polycast.config.settings import build_settings
from polycast.plugins.registry import load_provider
from polycast.sandbox import installed
from polycast.testing import CannedWire

from tests.fuzz.answers import Place, answers, as_json, as_xml, bodies, damaged

UUID = "b97f69f7-5edf-45c7-9fda-d37066eae91d"
SINCE = datetime(2026, 1, 2, tzinfo=UTC)


class Repeating(CannedWire):
    """Gives one answer to every request."""

    body = b""

    def send(self, *args: Any, **more: Any) -> Any:
        """Answer a request (called by the transport)."""
        if len(self.sent) > 400:
            self.sent.clear()
        self.answer(200, self.body)
        return super().send(*args, **more)


@attrs.frozen
class Case:
    """What is asked of one provider.

    Args:
        spec: its spec.
        to: two addresses.
        calls: for each hook, the operations whose answers it reads.
        ids: what `status` is asked about.
        needed: what an answer to a send cannot be without, as places and values.
        spoiling: fields that say a refusal, which are left out of answers to a send.
        sends: the operation of a single send.
        write: writes an answer.
    """

    spec: str
    to: tuple[str, str]
    calls: Mapping[str, tuple[str, ...]]
    ids: tuple[str, ...]
    needed: Mapping[Place, Any]
    sends: str
    spoiling: tuple[str, ...] = ()
    write: Callable[[Any], bytes] = as_json


SID = f"SM{1:032x}"

CASES: Mapping[str, Case] = {
    "textit": Case(
        "textit.yaml",
        ("+250788123123", "+250788126001"),
        {
            "send": ("create_broadcast",),
            "send_bulk": ("create_broadcast",),
            "status": ("list_broadcasts", "list_messages"),
            "lookup": ("list_broadcasts",),
        },
        (UUID, "1234"),
        {("uuid",): UUID},
        "create_broadcast",
    ),
    "hyber": Case(
        "hyber.yaml",
        ("+380961234567", "+380961236001"),
        {
            "send": ("send_message",),
            "send_bulk": ("send_broadcast", "send_batch_sync"),
            "status": ("get_campaign_status", "get_report_advanced"),
            "lookup": ("get_report_simple_by_extra_id",),
            "receive": ("Report",),
        },
        ("job:1", "message:1", "extra:e"),
        {("message_id",): "7"},
        "send_message",
        ("error_code", "error_text", "accepted"),
    ),
    "infobip": Case(
        "infobip.yaml",
        ("+41793026727", "+41793026834"),
        {
            "send": ("send_sms",),
            "send_bulk": ("send_sms",),
            "status": ("list_sms", "get_bulk"),
            "lookup": ("list_sms",),
            "receive": ("Push",),
        },
        ("bulk:b", "message:m"),
        {},
        "send_sms",
    ),
    "smsby": Case(
        "smsby.yaml",
        ("+375291234567", "+375291236001"),
        {
            "send": ("send_quick_sms",),
            "send_bulk": ("send_bulk_sms",),
            "status": ("check_sms", "status_bulk_sms", "get_sms_delivery_list"),
            "receive": ("status_bulk_sms", "SmsCheck"),
        },
        ("sms:1", f"bulk:{UUID}", "message:1"),
        {("sms_id",): 7},
        "send_quick_sms",
    ),
    "mozes": Case(
        "mozes.yaml",
        ("contact:1483228", "contact:3838234"),
        {
            "send": ("send_sms_to_user",),
            "send_bulk": ("send_sms_to_users",),
            "status": ("get_broadcast_status",),
        },
        ("a1",),
        {("response", "client_id"): "7", ("status", "code"): 0},
        "send_sms_to_user",
    ),
    "twilio": Case(
        "twilio.yaml",
        ("+14155550100", "+14155550101"),
        {
            "send": ("create_message",),
            "status": ("fetch_message",),
            "lookup": ("list_messages",),
        },
        (SID,),
        {("sid",): SID, ("status",): "queued"},
        "create_message",
    ),
    "ogangi": Case(
        "ogangi.wadl",
        ("+380961234567", "+380961236001"),
        {
            "send": ("send_sms_by_file",),
            "send_bulk": ("create_broadcast_from_json", "send_sms_by_file"),
            "status": ("get_broadcast", "get_message"),
            "lookup": ("list_broadcasts", "message_report"),
        },
        ("broadcast:1542", "message:1"),
        {
            ("status",): "OK",
            ("result", "messages", "message", "id"): "7",
            ("result", "messages", "message", "status"): "SENT",
        },
        "send_sms_by_file",
        write=as_xml,
    ),
}
HOOKS = [(name, hook) for name, case in CASES.items() for hook in case.calls]
BOUNDED = settings(
    derandomize=True, max_examples=25, suppress_health_check=list(HealthCheck), database=None
)


@cache
def attached(name: str) -> tuple[Client, Any, Repeating]:
    """Return a client of a provider over a wire, and the provider itself."""
    kind = load_provider(name)
    given_ = installed()[name].settings()
    plugin = kind(build_settings(kind.Settings, name, keywords=given_, environment={}))
    wire = Repeating()
    return wire.attach(Client(name, plugin)), plugin, wire


def call(name: str, hook: str, body: bytes) -> Iterable[object]:
    """Call a hook of a provider that answers everything with this body."""
    client, plugin, wire = attached(name)
    wire.body = body
    case = CASES[name]
    people = case.to[: client.features.bulk_limit]
    recipients = tuple(Recipient(to, reference=f"r{to}") for to in people)
    broadcast = Broadcast(text="Hello", recipients=recipients)
    if hook == "send":
        yield client.send(Message(case.to[0], text="Hello"))
    elif hook == "send_bulk":
        yield plugin.send_bulk(broadcast, plugin.prepare(broadcast))
    elif hook == "lookup":
        yield plugin.lookup(broadcast, SINCE)
    elif hook == "receive":
        yield from client.receive(CallbackRequest(body=body))
    else:
        for id_ in case.ids:
            with contextlib.suppress(PolycastError):
                yield from client.status(id_).reports


SURPRISES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"[{}]",
    b'"text"',
    b"[" * 200_000,
    b'{"results": [null, 5, {"id": NaN}], "next": 5}',
    b'{"messages": [{"time": 1e308, "message_id": "7"}, null]}',
    b'{"messages": [{"time": 999999999999999999999, "message_id": "7"}]}',
    b'{"messages": [{"message_id": "\\ud800", "extra_id": "\\udfff"}]}',
    b"<status>OK</status>" + b"<a>" * 200_000,
    b"<status>OK</status><result><messages><message><id>1</id></message></messages></result>",
]


@pytest.mark.parametrize(("name", "hook"), HOOKS)
@pytest.mark.parametrize("body", SURPRISES)
def test_a_sample_that_once_surprised(name: str, hook: str, body: bytes) -> None:
    """Each ends in a value or in an error of ours."""
    with contextlib.suppress(PolycastError):
        list(call(name, hook, body))


@pytest.mark.parametrize(("name", "hook"), HOOKS)
def test_only_typed_errors_escape(name: str, hook: str) -> None:
    """An answer made from the spec, and damaged, ends in a value or in an error of ours."""
    case = CASES[name]
    values = damaged(answers(case.spec, case.calls[hook]))

    @BOUNDED
    @given(bodies(values, case.write))
    def run(body: bytes) -> None:
        with contextlib.suppress(PolycastError):
            list(call(name, hook, body))

    run()


# Infobip's answers name messages by ids of ours, which are not known here.
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.needed])
def test_an_answer_with_an_id_is_a_receipt(name: str) -> None:
    """Whatever else is wrong with the answer to a send: its id can be read, so it was taken on."""
    case = CASES[name]

    def needed(value: Any) -> Any:
        for place, kept in case.needed.items():
            holder = value
            for step in place[:-1]:
                inner = holder.get(step)
                holder[step] = inner if isinstance(inner, dict) else {}
                holder = holder[step]
            holder[place[-1]] = kept
        return {key: item for key, item in value.items() if key not in case.spoiling}

    whole = answers(case.spec, [case.sends]).map(needed)

    @BOUNDED
    @given(damaged(whole, case.needed))
    def run(value: Any) -> None:
        if "<deep>" in json.dumps(value):
            return  # Nobody can read on behind it.
        (receipt,) = call(name, "send", case.write(value))
        assert receipt.id  # type: ignore[attr-defined]

    run()


#: By a provider's name: the hook that tells rows, a good row by its number, and the answer.
ROWS: Mapping[str, tuple[str, Callable[[int], dict[str, Any]], Callable[[list[Any]], Any]]] = {
    "hyber": (
        "status",
        lambda number: {"message_id": f"good{number}", "status": 2, "substatus": 23},
        lambda rows: {"messages": rows},
    ),
    "hyber pushes": (
        "receive",
        lambda number: {"message_id": f"good{number}", "status": 2, "substatus": 23},
        lambda rows: rows,
    ),
    "textit": (
        "status",
        lambda number: {"uuid": f"good{number}", "id": 1234, "broadcast": 1234, "status": "sent"},
        lambda rows: {"next": None, "previous": None, "results": rows},
    ),
    "infobip": (
        "status",
        lambda number: {"messageId": f"good{number}", "status": {"groupId": 3, "id": 5}},
        lambda rows: {"results": rows},
    ),
    "infobip pushes": (
        "receive",
        lambda number: {"messageId": f"good{number}", "status": {"groupId": 3, "id": 5}},
        lambda rows: {"results": rows},
    ),
    "smsby": (
        "status",
        lambda number: {"phone": 375290000000 + number, "status": "delivered"},
        lambda rows: {"result": rows},
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_one_bad_row_never_loses_the_others(name: str) -> None:
    """Good rows are told in their order, whatever stands between them."""
    hook, good, page = ROWS[name]
    provider = name.partition(" ")[0]
    # Without its broadcast, a row of TextIt's says that the server lists everybody's.
    kept = [("broadcast",)]
    bad: st.SearchStrategy[Any] = damaged(
        st.builds(good, st.just(0)), kept, most=6
    ) | st.sampled_from([None, [], 5, "row", True, "<NaN>", "<surrogate>"])

    @BOUNDED
    @example([None])
    @example([{"broadcast": [1], "message_id": None, "phone": {}}])
    @given(st.lists(bad.filter(lambda row: "<deep>" not in json.dumps(row)), max_size=4))
    def run(rows: list[Any]) -> None:
        mixed = [good(1), *rows, good(2), good(3)]
        told = list(call(provider, hook, as_json(page(mixed))))
        names = [str(getattr(each, "id", None) or getattr(each, "to", None)) for each in told]
        for number in (1, 2, 3):
            ids = map(good(number).get, ("message_id", "messageId", "uuid"))
            wanted = str(next(filter(None, ids), number))
            assert any(each.endswith(wanted) for each in names), (rows, names)
        assert all(isinstance(getattr(each, "state", None), State) for each in told)

    run()
