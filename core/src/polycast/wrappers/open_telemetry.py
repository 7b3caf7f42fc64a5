"""Spans and metrics of OpenTelemetry for the calls of an account."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from polycast.errors import OutcomeUnknown, ProviderError, Rejected, UsageError
from polycast.model.messages import (
    Action,
    Broadcast,
    BulkReceipt,
    Message,
    Receipt,
    State,
    Status,
)
from polycast.plugins.hookspecs import Account, hookimpl
from polycast.wrappers.audit_log import may_be_done

if TYPE_CHECKING:
    from opentelemetry.trace import Span

__all__ = ["OpenTelemetry"]

T = TypeVar("T")

#: Bounds of the histograms, in seconds.
#: Source: OpenTelemetry's conventions for messaging metrics.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_NAME = "polycast"


@attrs.define(eq=False)
class OpenTelemetry:
    """Makes a span of each call, counts messages and measures how long calls take.

    The names are those of OpenTelemetry's conventions for messaging: `messaging.system` is the
    provider, `messaging.destination.name` is what `connect` was given. Spans are children of the
    current one. They hold no text, no address, no words of the provider and no secret; an error
    is told by its class.

    The metrics are `messaging.client.sent.messages` (what was given to the provider),
    `polycast.client.rejected.messages`, `polycast.client.in_doubt.messages`,
    `messaging.client.operation.duration` and, for pushed requests, `messaging.process.duration`.

    It needs the extra `opentelemetry`, and exports nothing by itself: set up an SDK before you
    connect.

    Args:
        texts: whether spans hold the texts.
        addresses: whether spans hold the addresses.
    """

    texts: bool = attrs.field(default=False, kw_only=True)
    addresses: bool = attrs.field(default=False, kw_only=True)
    _instruments: "_Instruments | None" = attrs.field(default=None, init=False, repr=False)

    @hookimpl
    def connected(self, account: Account) -> None:
        """Learn the account, and make the instruments."""
        if self._instruments is not None:
            raise UsageError("A wrapper OpenTelemetry is one client's: give each its own.")
        self._instruments = _Instruments(account)

    @hookimpl(wrapper=True)
    def send(self, message: Message) -> Generator[None, Receipt, Receipt]:
        """Follow one message."""
        facts = self._content([message.to], [message.text])
        call = _Call("send", "send", facts, messages=1)

        def tell(receipt: Receipt) -> None:
            call.facts["polycast.state"] = receipt.state.value
            # Some ids hold the recipient's address.
            if receipt.id is not None and message.address.lstrip("+") not in receipt.id:
                call.facts["messaging.message.id"] = receipt.id
            call.count([receipt.state])

        return (yield from self._follow(call, tell))

    @hookimpl(wrapper=True)
    def send_bulk(self, broadcast: Broadcast) -> Generator[None, BulkReceipt, BulkReceipt]:
        """Follow one batch."""
        recipients = tuple(broadcast.recipients)
        texts = [broadcast.text_for(each) for each in recipients] if self.texts else []
        facts = self._content([each.to for each in recipients], texts)
        facts["messaging.batch.message_count"] = len(recipients)
        call = _Call("send_bulk", "send", facts, messages=len(recipients))

        def tell(receipt: BulkReceipt) -> None:
            call.facts["polycast.state"] = receipt.state.value
            call.count([each.state for each in receipt.receipts])

        return (yield from self._follow(call, tell))

    @hookimpl(wrapper=True)
    def status(self) -> Generator[None, Status, Status]:
        """Follow one question."""
        return (yield from self._follow(_Call("status")))

    @hookimpl(wrapper=True)
    def control(self, action: Action) -> Generator[None, Status, Status]:
        """Follow one action."""
        return (yield from self._follow(_Call("control", facts={"polycast.action": action.value})))

    @hookimpl(wrapper=True)
    def lookup(self) -> Generator[None, BulkReceipt | None, BulkReceipt | None]:
        """Follow one search for what a lost reply was about."""
        return (yield from self._follow(_Call("lookup")))

    @hookimpl(wrapper=True)
    def receive(self) -> Generator[None, list[Any], list[Any]]:
        """Follow one pushed request."""
        call = _Call("receive", "process")

        def tell(told: list[Any]) -> None:
            call.facts["messaging.batch.message_count"] = len(told)

        return (yield from self._follow(call, tell))

    def _content(self, addresses: list[str], texts: list[str | None]) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        if self.addresses:
            facts["polycast.message.to"] = addresses
        if self.texts:
            facts["polycast.message.text"] = [text for text in texts if text is not None]
        return facts

    def _follow(
        self, call: "_Call", tell: Callable[[Any], None] = lambda _: None
    ) -> Generator[None, T, T]:
        assert self._instruments is not None, "a wrapper acts only once it is connected"
        with self._instruments.following(call):
            answer = yield
            tell(answer)
            return answer


@attrs.define(eq=False)
class _Call:
    """One call, and what becomes of it.

    Args:
        operation: the hook.
        type: the kind of operation, where the conventions have one.
        facts: more attributes of its span.
        messages: how many are given to the provider.
        rejected: how many of them it refused.
        in_doubt: of how many nobody knows.
    """

    operation: str
    type: str | None = None
    facts: dict[str, Any] = attrs.field(factory=dict)
    messages: int = 0
    rejected: int = 0
    in_doubt: int = 0

    def count(self, states: list[State]) -> None:
        """Count what an answer says of each message."""
        self.rejected = states.count(State.REJECTED)
        self.in_doubt = states.count(State.UNKNOWN)

    def fail(self, error: BaseException) -> None:
        """Count what an error says of all of them."""
        if isinstance(error, Rejected):
            self.rejected = self.messages if error.refused is None else len(error.refused)
        elif may_be_done(error):
            self.in_doubt = self.messages


class _Instruments:
    """What measures the calls of one account."""

    def __init__(self, account: Account) -> None:
        try:
            from opentelemetry import metrics, trace
        except ModuleNotFoundError:
            raise UsageError(
                'The wrapper opentelemetry needs its extra: pip install "polycast[opentelemetry]".'
            ) from None
        self._trace = trace
        self._tracer = trace.get_tracer(_NAME)
        meter = metrics.get_meter(_NAME)
        self._account = account
        self._sent = meter.create_counter(
            "messaging.client.sent.messages", "{message}", "Messages that were given to a provider."
        )
        self._rejected = meter.create_counter(
            "polycast.client.rejected.messages", "{message}", "Messages that a provider refused."
        )
        self._in_doubt = meter.create_counter(
            "polycast.client.in_doubt.messages",
            "{message}",
            "Messages of which nobody knows whether the provider has them.",
        )
        self._seconds, self._processing = (
            meter.create_histogram(
                name, "s", "How long a call took.", explicit_bucket_boundaries_advisory=_SECONDS
            )
            for name in ("messaging.client.operation.duration", "messaging.process.duration")
        )

    @contextmanager
    def following(self, call: _Call) -> Iterator[None]:
        """Make a span of what is done in the block, and count and measure it."""
        common: dict[str, Any] = {
            "messaging.system": self._account.provider,
            "messaging.destination.name": self._account.name,
            "messaging.operation.name": call.operation,
        }
        if call.type is not None:
            common["messaging.operation.type"] = call.type
        kinds = self._trace.SpanKind
        began = time.monotonic()
        # The words of an exception are left out: providers quote texts and addresses.
        with self._tracer.start_as_current_span(
            f"{call.operation} {self._account.name}",
            kind=kinds.CONSUMER if call.type == "process" else kinds.CLIENT,
            attributes=common,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                call.fail(error)
                common["error.type"] = type(error).__name__
                self._tell(span, error)
                raise
            finally:
                span.set_attributes({**call.facts, **_error_type(common)})
                self._measure(call, common, time.monotonic() - began)

    def _tell(self, span: "Span", error: BaseException) -> None:
        span.set_status(self._trace.StatusCode.ERROR)
        if isinstance(error, ProviderError | OutcomeUnknown) and error.http_status is not None:
            span.set_attribute("http.response.status_code", error.http_status)

    def _measure(self, call: _Call, common: Mapping[str, Any], seconds: float) -> None:
        process = call.type == "process"
        (self._processing if process else self._seconds).record(seconds, common)
        for counter, count in (
            (self._sent, call.messages),
            (self._rejected, call.rejected),
            (self._in_doubt, call.in_doubt),
        ):
            if count:
                counter.add(count, common)


def _error_type(common: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in common.items() if key == "error.type"}
