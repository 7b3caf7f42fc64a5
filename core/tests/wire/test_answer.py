"""What an answer shows of itself before anybody knows what it means."""

from typing import Any

import pytest
from polycast import ProviderError, ProviderUnavailable, Rejected
from polycast.wire import Answer, judge_by_status


def answer(**facts: Any) -> Answer:
    """An answer to a send, with these facts."""
    told: dict[str, Any] = {"status": 500, "headers": {}, "body": b"", "safe": False, **facts}
    return Answer(provider="acme", operation="send", **told)


def excerpt(body: bytes, kind: str) -> str:
    """The excerpt of an answer with this body."""
    return answer(headers={"Content-Type": kind}, body=body).excerpt


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/plain"])
def test_a_sentence_is_shown_whatever_its_label(kind: str) -> None:
    """Servers label even plain sentences as HTML: the words are what helps."""
    assert excerpt(b"Server Error. We know.", kind) == "Server Error. We know."


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_page_goes_by_its_title(kind: str) -> None:
    """Markup is not shown: its title says what it is."""
    page = b"<html><head><title>Log in</title></head><body>...</body></html>"
    assert excerpt(page, kind) == "an HTML page titled 'Log in'"


def test_a_fragment_of_a_page_is_a_page() -> None:
    """Where the server says HTML and there is markup, it is a page without a title."""
    assert excerpt(b"<h1>Bad Gateway</h1>", "text/html") == "an HTML page"


@pytest.mark.parametrize("status", [302, 404, 429, 500, 503])
def test_a_code_found_in_the_body_is_kept(status: int) -> None:
    """Whatever the HTTP status makes of an answer, the provider's own code goes with it."""
    error = judge_by_status(answer(status=status, body=b"{}"), "No such thing", code=10999)

    assert isinstance(error, ProviderError)
    assert error.code == 10999


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"id": 1}', {"id": 1}),
        (b'[{"id": 1}]', {"id": 1}),
        (b'[{"id": 1}, {"id": 2}]', None),
        (b"[]", None),
        (b"[1]", None),
        (b"<html></html>", None),
    ],
)
def test_an_object_may_stand_in_a_list_of_one(body: bytes, found: object) -> None:
    """Servers wrap the object that they document; of several none is the answer."""
    assert answer(status=200, body=body).json_object == found


def test_a_long_sentence_is_shown_by_its_beginning() -> None:
    """Of a body without an end an error shows three hundred characters."""
    assert excerpt(b"x" * 300, "text/plain") == "x" * 300
    assert excerpt(b"x" * 301, "text/plain") == "x" * 299 + "…"


def test_an_error_keeps_as_much_of_an_answer_as_it_says() -> None:
    """Two thousand characters of words, and a hundred thousand bytes of the answer; no more."""
    error = answer(body=b"x" * 100_000).error(Rejected, "w" * 2_000, raw={"a": 1})
    assert "w" * 2_000 in str(error)
    assert error.raw == {"a": 1}

    error = answer(body=b"x" * 100_001).error(Rejected, "w" * 2_001, raw={"a": 1})
    assert "w" * 1_999 + "…" in str(error)
    assert "w" * 2_000 not in str(error)
    assert error.raw == "x" * 100_000


def test_an_error_shows_the_words_that_it_is_given() -> None:
    """Without words of the provider's it shows the beginning of the answer, and keeps its text."""
    assert "no credit" in str(answer(body=b"code 7").error(Rejected, "no credit"))
    error = answer(body=b"code 7").error(Rejected)
    assert "code 7" in str(error)
    assert error.raw == "code 7"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (199, ProviderUnavailable),
        (200, None),
        (299, None),
        (300, ProviderUnavailable),
        (399, ProviderUnavailable),
        (400, Rejected),
        (498, Rejected),
        (499, ProviderUnavailable),
        (500, ProviderUnavailable),
    ],
)
def test_where_the_classes_of_status_end(status: int, kind: type[ProviderError] | None) -> None:
    """2xx is success, 3xx a redirect, 4xx a refusal; a 499 is what a proxy tells of a lost call."""
    error = judge_by_status(answer(status=status))

    assert (None if error is None else type(error)) is kind
    assert (error is not None and "follows no redirects" in str(error)) is (300 <= status < 400)


@pytest.mark.parametrize(
    ("status", "safe", "headers", "again"),
    [
        (500, True, {}, True),
        (500, False, {}, False),
        (503, False, {}, False),
        (503, False, {"Retry-After": "1"}, True),
        (500, False, {"Retry-After": "1"}, False),
    ],
)
def test_what_may_be_sent_again(
    status: int, safe: bool, headers: dict[str, str], again: bool
) -> None:
    """A read may; a send only where the provider names a time to come back with its 503."""
    error = judge_by_status(answer(status=status, safe=safe, headers=headers))

    assert isinstance(error, ProviderUnavailable)
    assert error.safe_to_retry is again


@pytest.mark.parametrize(
    "kind", ["text/xml; charset=windows-1251", "text/xml;CHARSET = 'windows-1251'"]
)
def test_xml_is_read_in_the_charset_of_its_label(kind: str) -> None:
    """Where the document names no charset, the label of the answer does."""
    told = answer(status=200, headers={"Content-Type": kind}, body="<a>Київ</a>".encode("cp1251"))
    assert "Київ" in str(told.xml)


def test_its_repr_shows_nothing_of_what_it_holds() -> None:
    """Headers and bodies hold tokens and people's numbers: logs of an answer do not."""
    told = answer(status=200, headers={"Set-Cookie": "t-1"}, body=b"+380961111111")
    assert repr(told) == "Answer(provider='acme', operation='send', safe=False, status=200)"
