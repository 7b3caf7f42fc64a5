"""One tree, three families, and sentences for someone at a terminal."""

import inspect
import pickle

import pytest
from polycast import errors
from polycast.errors import (
    AuditLogError,
    ClaimExpired,
    InFlight,
    InvalidResponse,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    RateLimited,
    Rejected,
    UsageError,
    WaitTimeout,
)

ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, PolycastError)
]
ABOUT_CALLS = [kind for kind in ALL if issubclass(kind, ProviderError | OutcomeUnknown)]


@pytest.mark.parametrize("kind", ABOUT_CALLS)
def test_an_error_about_a_call_is_a_sentence_of_its_facts(
    kind: type[ProviderError] | type[OutcomeUnknown],
) -> None:
    """
    It names the provider, the operation, the HTTP status, the provider's code and its words.
    """
    error = kind("too long", provider="acme", operation="create", http_status=400, code="E7")

    for fact in ("acme", "create", "HTTP 400", "code E7", "too long"):
        assert fact in str(error)


@pytest.mark.parametrize("kind", ABOUT_CALLS)
def test_an_error_about_a_call_survives_pickling(
    kind: type[ProviderError] | type[OutcomeUnknown],
) -> None:
    """
    An error that crosses a process boundary keeps its facts.
    """
    error = kind("no", provider="acme", code=7, raw={"a": 1}, retry_after=3, safe_to_retry=True)

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is kind
    assert str(error) == str(copy)
    assert vars(error) == vars(copy)


def test_what_an_unknown_outcome_may_be_survives_pickling() -> None:
    """
    No candidate at all, and candidates that cannot be named, stay two things.
    """
    for candidates in (None, [], ["broadcast:1", "broadcast:2"]):
        error = OutcomeUnknown("alike", provider="acme", candidates=candidates)
        copy = pickle.loads(pickle.dumps(error))
        assert copy.candidates == (None if candidates is None else frozenset(candidates))


def test_usage_errors_are_value_errors() -> None:
    """
    A caller who knows only Python's own errors can catch a wrong call.
    """
    assert issubclass(UsageError, ValueError)


def test_every_error_says_whether_it_is_safe_to_retry() -> None:
    """
    Only what was certainly not carried out, or only reads, is safe to retry by itself.
    """
    safe = {AuditLogError, ClaimExpired, InFlight, InvalidResponse, RateLimited, WaitTimeout}
    assert safe == {kind for kind in ALL if kind.safe_to_retry}


def test_an_unknown_outcome_says_what_to_do() -> None:
    """
    The sentence of an unknown outcome forbids blind repetition and names the next step.
    """
    sentence = str(OutcomeUnknown("the connection was lost", provider="acme", operation="create"))

    assert sentence == (
        "Nobody knows whether acme carried out create: the connection was lost. It was not "
        "repeated: ask the provider before sending again."
    )


def test_a_rate_limit_says_how_long_to_wait() -> None:
    """
    The time that the provider asked for is in the sentence.
    """
    assert "It asks to wait 30 s." in str(RateLimited("", provider="acme", retry_after=30))


def test_an_error_without_facts_is_still_a_sentence() -> None:
    """
    Nothing is printed where nothing is known.
    """
    assert str(Rejected("", provider="acme")) == "acme refused the request"
