"""What real RapidPro servers did: the fake server does the same, asked by a client not ours."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from polycast.sandbox import ManualClock, host
from polycast_textit.sandbox import TextItSandbox

JOE = "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"
CUSTOMERS = "04a4752b-0f49-480e-ae60-3a3f2bea485c"
URN = "tel:+250788123123"

Ask = Callable[..., requests.Response]


@pytest.fixture
def start() -> Iterator[Callable[..., Ask]]:
    """Host a server and return what asks it."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Ask:
            hosted = stack.enter_context(host([TextItSandbox(ManualClock(), **settings)]))
            session = stack.enter_context(requests.Session())
            session.headers["Authorization"] = "Token sandbox-token"

            def ask(method: str, path: str, **options: Any) -> requests.Response:
                return session.request(
                    method, f"{hosted.base_url('textit')}/{path}", timeout=60, **options
                )

            return ask

        yield start


@pytest.fixture
def ask(start: Callable[..., Ask]) -> Ask:
    """A server as it is without settings."""
    return start()


def post(ask: Ask, **body: Any) -> requests.Response:
    return ask("POST", "broadcasts.json", json={"text": "Hello", **body})


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("tel:+4407712345678", "tel:+447712345678"),
        ("tel:+3800961111111", "tel:+380961111111"),
        ("tel:+3750291234567", "tel:+375291234567"),
        ("tel:0788123123", URN),
        ("tel:250788123123", URN),
        ("tel:+250 788 123 123", URN),
        ("twitter:@Bobby", "twitter:bobby"),
        ("twitterid:1#@Bob", "twitterid:1#bob"),
        ("ext:a%20b", "ext:a%2520b"),
        ("ext: a ", "ext:a"),
        ("jiochat:abc", "jiochat:abc"),
        ("bsuid:BR.1A2B3C4D", "bsuid:BR.1A2B3C4D"),
    ],
)
def test_an_address_is_answered_and_listed_in_normal_form(ask: Ask, sent: str, stored: str) -> None:
    """Not as it was sent."""
    answer = post(ask, urns=[sent])
    assert (answer.status_code, answer.json().get("urns")) == (201, [stored])
    (listed,) = ask("GET", "broadcasts.json").json()["results"]
    assert listed["urns"] == [stored]


@pytest.mark.parametrize(
    "urn",
    [
        "tel:+5215512345678",
        "tel:+1234567",
        "tel:+22507123456",
        "tel:+5917123456",
        "tel:+123456789012345",
        "whatsapp:+250788123123",
        "telegram:abc",
        "facebook:abc",
        "instagram:abc",
        "mailto:joe",
        "freshchat:x",
        "viber:x y",
        "xyz:1",
    ],
)
def test_an_address_is_refused_by_its_index_and_nothing_is_carried_out(ask: Ask, urn: str) -> None:
    """The one that is wrong is named; the others were not sent to."""
    answer = post(ask, urns=[URN, urn])
    words = f"Invalid URN: {urn}. Ensure phone numbers contain country codes."
    assert (answer.status_code, answer.json()) == (400, {"urns": {"1": [words]}})
    assert ask("GET", "broadcasts.json").json()["results"] == []


def test_without_its_country_a_workspace_takes_no_national_numbers(
    start: Callable[..., Ask],
) -> None:
    """The country is the workspace's."""
    assert post(start(country=None), urns=["tel:0788123123"]).status_code == 400


def test_a_contact_given_by_a_urn_is_listed_by_its_uuid(ask: Ask) -> None:
    """`contacts` takes URNs as well, and forgets them."""
    assert post(ask, contacts=[URN]).json()["contacts"] == [{"uuid": JOE, "name": "Joe"}]


def test_texts_and_buttons_are_trimmed_and_buttons_have_a_type(ask: Ask) -> None:
    """As the server keeps them."""
    told = post(ask, urns=[URN], text="  a  ", quick_replies=[{"text": " Yes "}]).json()
    assert told["text"] == {"eng": "a"}
    assert told["quick_replies"] == {"eng": [{"text": "Yes", "type": "text"}]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "a\0b"}, "Null characters are not allowed."),
        ({"text": {"xyz": "Hello"}}, "Not an allowed ISO 639-3 language code."),
        ({"contacts": [JOE.upper()]}, f"No such object: {JOE.upper()}"),
        ({"quick_replies": [{}]}, "Quick replies of type 'text' require a 'text' value."),
    ],
)
def test_what_is_refused(ask: Ask, body: dict[str, Any], words: str) -> None:
    """With 400 and the server's words."""
    answer = post(ask, urns=[URN], **body)
    assert answer.status_code == 400
    assert words in answer.text


@pytest.mark.parametrize(
    "twice",
    [
        {"contacts": [JOE, JOE]},
        {"contacts": [JOE, URN]},
        {"groups": ["Customers", "customers"]},
        {"groups": [CUSTOMERS, "Customers"]},
    ],
)
def test_what_is_named_twice_breaks_the_server(ask: Ask, twice: dict[str, Any]) -> None:
    """HTTP 500, labelled as HTML, and nothing is carried out."""
    answer = post(ask, **twice)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert ask("GET", "broadcasts.json").json()["results"] == []


@pytest.mark.parametrize("word", ["suspended", "flagged"])
def test_a_workspace_that_may_not_send(start: Callable[..., Ask], word: str) -> None:
    """Every send is refused in the same words."""
    answer = post(start(blocked=word), urns=[URN])
    (words,) = answer.json()["non_field_errors"]
    assert words.startswith(f"Sorry, your workspace is currently {word}.")


def test_odd_questions(ask: Ask) -> None:
    """The number 0 and an empty cursor filter nothing; a word for a number breaks the server."""
    post(ask, urns=[URN])
    for query in ("id=0", "cursor="):
        assert len(ask("GET", f"broadcasts.json?{query}").json()["results"]) == 1
    assert ask("GET", "broadcasts.json?id=x").status_code == 400
    assert ask("GET", "broadcasts.json?uuid=x").status_code == 400
    assert ask("GET", "messages.json?broadcast=x").status_code == 500
    assert ask("HEAD", "broadcasts.json").status_code == 405
    lower = {"Authorization": "token sandbox-token"}
    assert ask("GET", "broadcasts.json", headers=lower).status_code == 200


def test_a_broadcast_to_an_empty_group_is_never_counted(ask: Ask) -> None:
    """It is completed, and its total stays -1."""
    told = post(ask, groups=["Empty"]).json()
    assert told["progress"]["total"] == -1


def test_a_file_of_no_bytes_or_no_name_is_refused(ask: Ask) -> None:
    """There is nothing to attach."""
    for file in (("a.png", b"", "image/png"), ("", b"x", "image/png")):
        answer = ask("POST", "media.json", files={"file": file})
        assert answer.status_code == 400
        assert "file" in answer.json()


def test_an_old_server_lists_everything_and_drops_buttons(start: Callable[..., Ask]) -> None:
    """RapidPro 9.0.0 does not know the filter `uuid`, nor quick replies."""
    ask = start(old=True)
    told = post(ask, urns=[URN], quick_replies=[{"text": "Yes"}]).json()
    assert told["quick_replies"] == {"eng": []}
    assert len(ask("GET", f"broadcasts.json?uuid={CUSTOMERS}").json()["results"]) == 1


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Dear @contact.name: @(1 + 2)", "Dear Joe: 3"),
        ("@contact.tel", "+250788123123"),
        ("@@contact.name and a@@example.com", "@contact.name and a@example.com"),
        ("a@example.com", "a@example.com"),
    ],
)
def test_expressions_are_evaluated_unless_the_sign_is_doubled(text: str, read: str) -> None:
    """What a contact reads."""
    sandbox = TextItSandbox(ManualClock())
    with host([sandbox]) as hosted:
        requests.post(
            f"{hosted.base_url('textit')}/broadcasts.json",
            json={"urns": [URN], "text": text},
            headers={"Authorization": "Token sandbox-token"},
            timeout=60,
        )
    assert [message.text for message in sandbox.accepted] == [read]
