"""The promise of `receive`: what the provider pushes is understood, and nothing else is.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from collections.abc import Iterator

import attrs
import pytest

from polycast.errors import UnverifiedRequest, UsageError
from polycast.model.messages import CallbackRequest, Reply, Report, State
from polycast.sandbox import Sandbox
from polycast.testing.contract.base import Contract, MakeEnvironment, refusal
from polycast.testing.contract.required import filled
from polycast.testing.environments import Environment

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

    def test_a_request_that_proves_nothing_is_refused(self, environment: MakeEnvironment) -> None:
        """A sample without its headers, at another address, or with another proof, is refused."""
        self.claims("verifies")
        here = environment()
        for sample in filled(self.callbacks):
            kind = sample.request.header("Content-Type") or "application/json"
            forged = CallbackRequest(
                body=sample.request.body,
                headers={"Content-Type": kind},
                url="https://example.com/of-somebody-else",
            )
            refusal(
                lambda forged=forged: here.client.receive(forged),  # type: ignore[misc]
                UnverifiedRequest,
                "a sample without the headers and the address that prove whose it is",
            )
            assert any(self._refuses(here, each) for each in _altered(sample.request)), (
                "Whatever is changed of a sample's headers and address, it is believed: verify "
                "compares none of them with the account's secret."
            )

    def _refuses(self, here: Environment[Sandbox], request: CallbackRequest) -> bool:
        try:
            here.client.receive(request)
        except UnverifiedRequest:
            return True
        except UsageError:
            pass
        return False

    def test_a_request_of_somebody_else_says_nothing(self, environment: MakeEnvironment) -> None:
        """Whatever else is posted to the address is a UsageError, or UNKNOWN and kept whole."""
        self.claims("receives")
        here = environment()
        for body in (b"", b"Hello", b"\xff\xfe\x00", b"{", b"null", b"7", b"<a/>"):
            for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
                request = CallbackRequest(body=body, headers={"Content-Type": kind})
                try:
                    # Not by the client: it would refuse what is not signed.
                    told = here.client.provider.receive(request)
                except UsageError:
                    continue
                except Exception as error:  # noqa: BLE001 - a defect of the plugin
                    pytest.fail(f"The body {body!r} as {kind} is no report, and raised {error!r}.")
                guessed = [
                    each
                    for each in told
                    if isinstance(each, Reply) or each.state is not State.UNKNOWN
                ]
                assert not guessed, f"The body {body!r} as {kind} is read as {guessed}."
                assert body == b"null" or all(report.raw is not None for report in told), (
                    f"Nothing is left of the body {body!r}: keep it in `raw`."
                )


def _altered(request: CallbackRequest) -> Iterator[CallbackRequest]:
    """Yield a request with one letter of a header, or of the address, replaced."""
    for name, value in request.headers.items():
        if name.lower() != "content-type":
            yield attrs.evolve(request, headers={**request.headers, name: _misspelt(value)})
    for name, value in request.query.items():
        yield attrs.evolve(request, query={**request.query, name: _misspelt(value)})
    if request.url is not None:
        yield attrs.evolve(request, url=_misspelt(request.url))


def _misspelt(value: str) -> str:
    # Not the last letter: in Base64 it may hold bits that say nothing.
    place = len(value) // 2
    return value[:place] + ("b" if value[place : place + 1] == "a" else "a") + value[place + 1 :]


def _compare(got: Report | Reply, wanted: Report | Reply) -> None:
    assert type(got) is type(wanted), f"The sample is {wanted!r}, and is read as {got!r}."
    for field in attrs.fields(type(wanted)):
        value = getattr(wanted, field.name)
        if value not in (None, ()) and field.name != "raw":
            told = getattr(got, field.name)
            assert told == value, (
                f"The sample's {field.name} is {value!r}, and is read as {told!r}."
            )
