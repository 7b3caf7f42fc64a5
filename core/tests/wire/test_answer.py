"""What an answer shows of itself before anybody knows what it means."""

import pytest
from polycast import ProviderError
from polycast.wire import Answer, judge_by_status


def excerpt(body: bytes, kind: str) -> str:
    """The excerpt of an answer with this body."""
    return Answer(
        provider="acme",
        operation="send",
        safe=True,
        status=500,
        headers={"Content-Type": kind},
        body=body,
    ).excerpt


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
    answer = Answer(
        provider="acme", operation="send", safe=False, status=status, headers={}, body=b"{}"
    )

    error = judge_by_status(answer, "No such thing", code=10999)

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
    answer = Answer(
        provider="acme", operation="send", safe=False, status=200, headers={}, body=body
    )
    assert answer.json_object == found
