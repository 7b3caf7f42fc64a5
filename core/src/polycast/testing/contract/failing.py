"""The promise about errors: each kind of failure is told apart, and in the provider's words.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import pytest

from polycast.errors import (
    AuthenticationFailed,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    SettingsError,
)
from polycast.sandbox import Answer, Error, Garbage, Throttle
from polycast.testing.contract.base import Contract, MakeEnvironment, nowhere, refusal
from polycast.testing.contract.required import filled

__all__ = ["FailingContract"]

#: What a server that stands before the provider answers, and what that is.
_BY_STATUS = (
    (400, ProviderError),
    (401, AuthenticationFailed),
    (403, AuthenticationFailed),
    (404, NotFound),
    (422, ProviderError),
)


class FailingContract(Contract):
    """What a failure becomes."""

    @pytest.mark.parametrize(("status", "kind"), _BY_STATUS)
    def test_a_refused_send_is_told_by_its_status(
        self, environment: MakeEnvironment, status: int, kind: type[ProviderError]
    ) -> None:
        """A refusal that says nothing itself is told apart by its HTTP status, after one try."""
        self.needs("send")
        operation = self.sending_operation(environment)
        here = environment()
        here.server.faults.add(Answer(status, "No.\n"), times=2, operation=operation)
        error = refusal(
            lambda: here.client.send(self.message()), kind, f"HTTP {status} after a send"
        )
        assert error.http_status == status, f"The error does not tell the HTTP status: {error!r}"
        assert error.provider == self.provider, f"The error does not name the provider: {error!r}"
        assert not error.safe_to_retry, f"HTTP {status} says that the same will be refused again."
        assert len(here.server.faults) == 1, f"A send was repeated after HTTP {status}."

    @pytest.mark.parametrize(("status", "kind"), _BY_STATUS)
    def test_a_refused_question_is_told_by_its_status(
        self, environment: MakeEnvironment, status: int, kind: type[ProviderError]
    ) -> None:
        """The same holds for asking."""
        self.needs("send")
        self.needs("status")
        here = environment()
        id = str(here.client.send(self.message()).id)
        here.server.faults.add(Answer(status, "No.\n"), times=2)
        error = refusal(lambda: here.client.status(id), kind, f"HTTP {status} after a question")
        assert error.http_status == status, f"The error does not tell the HTTP status: {error!r}"
        assert len(here.server.faults) == 1, f"A question was repeated after HTTP {status}."

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_send_that_the_provider_failed_at_is_not_repeated(
        self, environment: MakeEnvironment, status: int, how: str
    ) -> None:
        """After a 5xx it is unknown what the provider did: one try, not safe to repeat."""
        self.needs(how)
        operation = self.sending_operation(environment, how)
        # With the provider's own body, which may say more, and with a foreign one.
        for fault, kinds in (
            (Error(status), (ProviderError, OutcomeUnknown)),
            (Answer(status, "No.\n"), (ProviderUnavailable,)),
        ):
            here = environment()
            here.server.faults.add(fault, times=2, operation=operation)
            error = refusal(
                lambda here=here: self.ask(here.client, how),  # type: ignore[misc]
                PolycastError,
                f"HTTP {status} after a {how}",
            )
            assert isinstance(error, kinds), (
                f"HTTP {status} after a {how} became {type(error).__name__}: {error}"
            )
            assert not error.safe_to_retry, f"HTTP {status} after a {how} is called safe to repeat."
            assert len(here.server.faults) == 1, f"A {how} was repeated after HTTP {status}."

    def test_too_many_requests_say_when_to_come_back(self, environment: MakeEnvironment) -> None:
        """429 is RateLimited, with the seconds that were asked for, and safe to repeat."""
        self.needs("send")
        operation = self.sending_operation(environment)
        here = environment()
        here.server.faults.add(Throttle(retry_after=7200), operation=operation)
        error = refusal(
            lambda: here.client.send(self.message()), RateLimited, "HTTP 429 after a send"
        )
        assert error.retry_after == 7200, (
            f"The provider asked to wait 7200 s, and the error says {error.retry_after}."
        )
        assert error.safe_to_retry, "What was refused for its rate was not carried out."

    def test_a_web_page_is_no_answer(self, environment: MakeEnvironment) -> None:
        """HTML with status 200 leaves a send unknown, and a question unanswered."""
        self.needs("send")
        operation = self.sending_operation(environment)
        here = environment()
        here.server.faults.add(Garbage(), times=2, operation=operation)
        refusal(lambda: here.client.send(self.message()), OutcomeUnknown, "A page after a send")
        assert len(here.server.faults) == 1, "A send was repeated after a web page."
        here.server.faults.clear()
        if "status" in self.hooks:
            id = str(here.client.send(self.message()).id)
            here.server.faults.add(Garbage())
            refusal(lambda: here.client.status(id), InvalidResponse, "A page after a question")

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    @pytest.mark.parametrize("body", ["", "{", "[]", "{}", "null", "<a/>", "\x00\xff", "OK"])
    def test_an_answer_of_no_form_is_no_answer(
        self, environment: MakeEnvironment, body: str, how: str
    ) -> None:
        """Whatever comes with status 200, a send ends in one of our errors, unknown or refused."""
        self.needs(how)
        operation = self.sending_operation(environment, how)
        here = environment()
        kind = "application/xml" if body.startswith("<") else "application/json"
        here.server.faults.add(Answer(200, body, kind), times=2, operation=operation)
        refusal(
            lambda: self.ask(here.client, how), OutcomeUnknown, f"The answer {body!r} to a {how}"
        )
        assert len(here.server.faults) == 1, f"A send was repeated after the answer {body!r}."

    def test_nobody_there_is_safe_to_repeat(self, environment: MakeEnvironment) -> None:
        """Where no connection is made nothing was sent: unavailable, repeated, safe to repeat."""
        here = environment()
        client = here.connect(base_url=self.sandbox.base_url(nowhere()))
        before = len(here.pauses)
        error = refusal(
            lambda: self.ask(client, self.ways[0]),
            ProviderUnavailable,
            "A connection that is refused",
        )
        assert error.safe_to_retry, "Nothing was sent, and the error says it may have been."
        if hasattr(getattr(client.provider, "api", None), "transport"):
            assert len(here.pauses) > before, "A send that never left was given up at once."

    def test_wrong_credentials_are_told_as_such(self, environment: MakeEnvironment) -> None:
        """Each secret is checked by the provider, and a wrong one is AuthenticationFailed."""
        self.needs("send")
        for name in self.secrets:
            here = environment({name: "wr0ng-and-secret"})
            error = refusal(
                lambda here=here: here.client.send(self.message()),  # type: ignore[misc]
                AuthenticationFailed,
                f"A wrong {name}",
            )
            assert "wr0ng-and-secret" not in str(error), f"The error shows a wrong {name}."
            assert not here.server.accepted, f"With a wrong {name}, a message was taken on."

    def test_documented_refusals_become_their_errors(self, environment: MakeEnvironment) -> None:
        """Each documented refusal is its own error, with the provider's words and its code."""
        refusals = filled(self.refusals)
        assert refusals, "There are no refusals: a provider that never refuses is not documented."
        for expected in refusals:
            here = environment(dict(expected.settings), **expected.sandbox)
            ask = expected.ask or (lambda client: self.ask(client, self.ways[0]))
            if expected.answer is not None:
                # As often as it is asked for: a rate that was exceeded still is.
                operation = None
                if expected.ask is None:
                    operation = self.sending_operation(environment, self.ways[0])
                here.server.faults.add(expected.answer, times=20, operation=operation)
            error = refusal(
                lambda here=here, ask=ask: ask(here.client),  # type: ignore[misc]
                expected.error,
                f"The refusal that is documented as {expected.error.__name__}",
            )
            assert type(error) is expected.error, (
                f"{type(error).__name__} is more than {expected.error.__name__}: {error}"
            )
            assert expected.detail in str(error), (
                f"The provider's words {expected.detail!r} are missing from: {error}"
            )
            code = getattr(error, "code", None)
            assert expected.code in (None, code), (
                f"The provider's code is {expected.code!r}, and the error has {code!r}: {error}"
            )

    def test_an_address_that_is_no_url_is_a_setting_to_correct(
        self, environment: MakeEnvironment
    ) -> None:
        """A base_url that cannot be one is a SettingsError, at the latest with the first call."""
        here = environment()
        refusal(
            lambda: self.ask(here.connect(base_url="http://exa mple:port"), self.ways[0]),
            SettingsError,
            "A base_url that is no URL",
        )
        assert not here.server.requests, "Something was sent to an address that is no URL."
