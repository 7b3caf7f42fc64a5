"""Records what a provider answers to a hook, whatever the wrappers around it do afterwards."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import attrs

from polycast.plugins.hookspecs import hookimpl

__all__ = ["RecordedResult", "ResultRecorder"]


@attrs.define(eq=False)
class RecordedResult:
    """What the provider answered or raised in one call of a hook.

    Args:
        ended: whether it was called, and has answered or failed.
        answer: what it returned.
        error: what it raised.
    """

    ended: bool = False
    answer: object = attrs.field(default=None, repr=False)
    error: BaseException | None = attrs.field(default=None, repr=False)

    def was_overridden(self, answer: object, failure: BaseException | None, kind: type) -> bool:
        """Return whether a wrapper has replaced the provider's result with a failure.

        A wrapper may return another value of the right type. It may not raise after the provider
        has answered, raise another error, or return nothing.

        Args:
            answer: what the hook call returned.
            failure: what the hook call raised.
            kind: the type of a right answer.
        """
        if not self.ended:
            return False
        if failure is not None:
            return failure is not self.error
        return not isinstance(answer, kind) and (
            self.error is not None or answer is not self.answer
        )


class ResultRecorder:
    """A hook wrapper inside all others, next to the provider, which records its result."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def recording(self) -> Iterator[RecordedResult]:
        """Record one call, also if a wrapper makes another call within it."""
        outer = getattr(self._local, "result", None)
        result = self._local.result = RecordedResult()
        try:
            yield result
        finally:
            self._local.result = outer

    # Of the wrappers that ask to come last, the last one registered is the innermost.
    @hookimpl(wrapper=True, trylast=True)
    def send(self) -> Generator[None, object, object]:
        """Record the provider's result."""
        result: RecordedResult = self._local.result
        try:
            result.answer = yield
        except BaseException as error:
            result.error = error
            raise
        finally:
            result.ended = True
        return result.answer

    send_bulk = status = control = receive = lookup = send
