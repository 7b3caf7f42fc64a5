"""Spans and metrics: what was asked, what became of it, and no more than that."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import attrs
import polycast
import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from polycast import (
    Action,
    Broadcast,
    CallbackRequest,
    Client,
    Message,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    Rejected,
    UsageError,
)
from polycast.sandbox import installed
from polycast.testing import outbox
from polycast.testing.environments import environments
from polycast.wrappers import OpenTelemetry

Connect = Callable[..., Client]
TO = "+380961234501"
TEXT = "Your code is 1234"
HELLO = Message(TO, text=TEXT)
TONIGHT = Broadcast(
    text="Dear {name}",
    recipients=[Recipient(TO, {"name": "Olena"}), Recipient("contact:77", {"name": "Ivan"})],
)
SECRET = "s3cr3t-sentinel"


@attrs.define
class Exported:
    """What an exporter would have got in one test.

    Args:
        memory: keeps the spans.
        reader: keeps the metrics.
    """

    memory: InMemorySpanExporter
    reader: InMemoryMetricReader
    _metrics: dict[str, list[Any]] = attrs.field(factory=dict)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that have ended."""
        return self.memory.get_finished_spans()

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """The points of each metric by its name."""
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    points = self._metrics.setdefault(metric.name, [])
                    points += metric.data.data_points
        return self._metrics

    def count(self, name: str) -> int:
        """Return the sum of a counter."""
        return sum(point.value for point in self.metrics.get(name, []))

    def everything(self) -> str:
        """Return all that would leave this process."""
        return "".join(span.to_json() for span in self.spans) + str(self.metrics)


@pytest.fixture(scope="module")
def sdk() -> tuple[InMemorySpanExporter, InMemoryMetricReader]:
    """An SDK that exports to memory. A process has one."""
    memory = InMemorySpanExporter()
    tracing = trace.get_tracer_provider()
    if not isinstance(tracing, TracerProvider):
        tracing = TracerProvider()
        trace.set_tracer_provider(tracing)
    tracing.add_span_processor(SimpleSpanProcessor(memory))
    delta: dict[type, AggregationTemporality] = {
        Counter: AggregationTemporality.DELTA,
        Histogram: AggregationTemporality.DELTA,
    }
    reader = InMemoryMetricReader(preferred_temporality=delta)
    metrics.set_meter_provider(MeterProvider([reader]))
    return memory, reader


@pytest.fixture
def exported(sdk: tuple[InMemorySpanExporter, InMemoryMetricReader]) -> Exported:
    """What this test exports."""
    memory, reader = sdk
    memory.clear()
    reader.get_metrics_data()
    return Exported(memory, reader)


def facts(span: ReadableSpan) -> dict[str, Any]:
    """Return the attributes of a span."""
    return dict(span.attributes or {})


def test_a_message_is_a_span(connect: Connect, exported: Exported) -> None:
    """A send has one span with the names that the field has for it, and is counted."""
    connect(OpenTelemetry()).send(HELLO)

    [span] = exported.spans
    assert (span.name, span.kind) == ("send acme", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    assert facts(span) == {
        "messaging.system": "acme",
        "messaging.destination.name": "acme",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.message.id": "m1",
        "polycast.state": "queued",
    }
    assert exported.count("messaging.client.sent.messages") == 1
    [seconds] = exported.metrics["messaging.client.operation.duration"]
    assert (seconds.count, seconds.explicit_bounds[0]) == (1, 0.005)
    assert seconds.attributes["messaging.operation.name"] == "send"


def test_each_batch_is_a_span(connect: Connect, exported: Exported) -> None:
    """Each call of a list has a span, which says how many messages it holds."""
    people = [f"+3809612345{number:02}" for number in range(3)]
    connect(OpenTelemetry()).send_bulk(Broadcast(text="Hi", recipients=people), workers=1)

    assert [span.name for span in exported.spans] == ["send_bulk acme"] * 2
    counts = [facts(span)["messaging.batch.message_count"] for span in exported.spans]
    assert counts == [2, 1]
    assert exported.count("messaging.client.sent.messages") == 3


def test_the_other_calls(connect: Connect, exported: Exported) -> None:
    """A question, an action and a pushed request are spans, and count as no message."""
    client = connect(OpenTelemetry())
    client.status("1")
    client.control("1", Action.PAUSE)
    client.receive(CallbackRequest(body=b"{}"))

    assert [(span.name, span.kind) for span in exported.spans] == [
        ("status acme", SpanKind.CLIENT),
        ("control acme", SpanKind.CLIENT),
        ("receive acme", SpanKind.CONSUMER),
    ]
    assert facts(exported.spans[1])["polycast.action"] == "pause"
    assert facts(exported.spans[2])["messaging.operation.type"] == "process"
    assert facts(exported.spans[2])["messaging.batch.message_count"] == 1
    assert exported.count("messaging.client.sent.messages") == 0
    assert [point.count for point in exported.metrics["messaging.process.duration"]] == [1]


FAILURES: list[tuple[Exception, int, int]] = [
    (Rejected(f"no {TO}", provider="acme", http_status=422), 1, 0),
    (OutcomeUnknown(f"{TEXT} was cut off", provider="acme"), 0, 1),
    (ProviderUnavailable("HTTP 500", provider="acme", http_status=500), 0, 1),
    (ProviderError("code 77", provider="acme"), 0, 1),
    (RateLimited("slow", provider="acme", http_status=429), 0, 0),
]


@pytest.mark.parametrize(
    ("failure", "rejected", "in_doubt"), FAILURES, ids=lambda each: type(each).__name__
)
def test_what_went_wrong(
    connect: Connect,
    exported: Exported,
    provider: Any,
    failure: Exception,
    rejected: int,
    in_doubt: int,
) -> None:
    """A failure is told by its class; refused and doubtful messages are counted."""
    provider.failure = failure
    with pytest.raises(type(failure)):
        connect(OpenTelemetry()).send(HELLO)

    [span] = exported.spans
    assert span.status.status_code is StatusCode.ERROR
    assert facts(span)["error.type"] == type(failure).__name__
    status = getattr(failure, "http_status", None)
    assert facts(span).get("http.response.status_code") == status
    assert exported.count("polycast.client.rejected.messages") == rejected
    assert exported.count("polycast.client.in_doubt.messages") == in_doubt
    [sent] = exported.metrics["messaging.client.sent.messages"]
    assert sent.attributes["error.type"] == type(failure).__name__


@pytest.mark.parametrize("failure", [None, *(each[0] for each in FAILURES)])
def test_no_text_and_no_address(
    connect: Connect, exported: Exported, provider: Any, failure: Exception | None
) -> None:
    """No text, address or word of the provider is exported, whatever happens."""
    provider.failure = failure
    client = connect(OpenTelemetry())
    for call in (
        lambda: client.send(HELLO),
        lambda: client.send_bulk(TONIGHT),
        lambda: client.receive(CallbackRequest(body=TEXT.encode())),
    ):
        try:
            call()
        except polycast.PolycastError:
            continue

    told = exported.everything()
    assert exported.spans
    for hidden in (TO, TO[1:], TEXT, "1234", "Olena", "contact:77", "Dear", "cut off"):
        assert hidden not in told


def test_texts_and_addresses_where_they_are_asked_for(connect: Connect, exported: Exported) -> None:
    """Who asks for texts and addresses has them on the span, and on no metric."""
    connect(OpenTelemetry(texts=True, addresses=True)).send_bulk(TONIGHT)

    [span] = exported.spans
    assert facts(span)["polycast.message.to"] == (TO, "contact:77")
    assert facts(span)["polycast.message.text"] == ("Dear Olena", "Dear Ivan")
    assert TO not in str(exported.metrics)


@pytest.mark.parametrize("name", sorted(installed()))
def test_no_secret(exported: Exported, name: str) -> None:
    """No credential of any provider is exported, also where the server refuses it."""
    sandbox = installed()[name]
    wrong = {key: SECRET for key, value in sandbox.settings().items() if isinstance(value, str)}
    with environments(sandbox) as make:
        here = make()
        for changes in ({}, wrong):
            wrapper = OpenTelemetry(texts=True, addresses=True)
            try:
                client = here.connect(wrappers=[wrapper], **changes)
                client.send(Message("+12125554512", text="Hi"))
            except polycast.PolycastError:
                continue

    told = exported.everything()
    assert SECRET not in told
    hidden = [
        str(value)
        for key, value in sandbox.settings().items()
        if any(word in key for word in ("token", "secret", "password", "key"))
    ]
    assert exported.spans
    assert hidden
    assert not [secret for secret in hidden if secret in told]


def test_spans_are_children_of_the_current_one(connect: Connect, exported: Exported) -> None:
    """A span belongs to the trace of the request that sends."""
    with trace.get_tracer("shop").start_as_current_span("order") as order:
        connect(OpenTelemetry()).send(HELLO)

    sent = exported.spans[0]
    assert sent.parent is not None
    assert sent.parent.span_id == order.get_span_context().span_id


def test_by_name() -> None:
    """It is named as every wrapper is."""
    with outbox() as box, polycast.connect("hyber", config=None, wrappers=["opentelemetry"]) as it:
        it.send(HELLO)

    box.assert_sent(TO)


def test_one_client_each(connect: Connect) -> None:
    """One instance for two clients would tell the one's calls as the other's."""
    wrapper = OpenTelemetry()
    connect(wrapper)

    with pytest.raises(UsageError, match="one client's"):
        connect(wrapper)


def test_without_the_extra() -> None:
    """Where OpenTelemetry is not installed, naming the wrapper says what to install."""
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import polycast\n"
        "from polycast.testing import Memory\n"
        "from polycast.wrappers import OpenTelemetry\n"
        "try:\n"
        "    polycast.Client('memory', Memory(), wrappers=[OpenTelemetry()])\n"
        "except polycast.UsageError as error:\n"
        "    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert 'pip install "polycast[opentelemetry]"' in told.stdout
