"""The promise of `receive`: what the provider pushes is understood, and nothing else is.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import attrs
import pytest

from polycast.errors import BrokenProvider, UsageError
from polycast.model.messages import CallbackRequest, Report, State
from polycast.testing.contract.base import Contract, MakeEnvironment
from polycast.testing.contract.required import filled

__all__ = ["ReceivingContract"]


class ReceivingContract(Contract):
    """Delivery reports that come by themselves."""

    def test_a_pushed_report_says_what_the_documents_say(
        self, environment: MakeEnvironment
    ) -> None:
        """Each sample of the documents becomes its reports, each time that it is received."""
        self.claims("receives")
        here = environment()
        samples = filled(self.callbacks)
        assert samples, "There are no callbacks: add the samples of the provider's documents."
        for sample in samples:
            for _ in range(2):
                told = here.client.receive(sample.request)
                assert len(told) == len(sample.reports), (
                    f"The sample says {len(sample.reports)} things, and is read as {told}."
                )
                for got, wanted in zip(told, sample.reports, strict=True):
                    _compare(got, wanted)
        assert not here.server.requests, "receive made a request."

    def test_a_request_of_somebody_else_says_nothing(self, environment: MakeEnvironment) -> None:
        """Whatever else is posted to the address is a UsageError, or UNKNOWN and kept whole."""
        self.claims("receives")
        here = environment()
        for body in (b"", b"Hello", b"\xff\xfe\x00", b"{", b"null", b"7", b"<a/>"):
            for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
                request = CallbackRequest(body=body, headers={"Content-Type": kind})
                try:
                    told = here.client.receive(request)
                except BrokenProvider as error:
                    pytest.fail(f"The body {body!r} as {kind} is no report, and {error}")
                except UsageError:
                    continue
                guessed = [report for report in told if report.state is not State.UNKNOWN]
                assert not guessed, f"The body {body!r} as {kind} is read as {guessed}."
                assert body == b"null" or all(report.raw is not None for report in told), (
                    f"Nothing is left of the body {body!r}: keep it in `raw`."
                )


def _compare(got: Report, wanted: Report) -> None:
    for field in attrs.fields(Report):
        value = getattr(wanted, field.name)
        if value not in (None, ()) and field.name != "raw":
            told = getattr(got, field.name)
            assert told == value, (
                f"The sample's {field.name} is {value!r}, and is read as {told!r}."
            )
