"""The fake server against TextIt's page: every sample, every error, every state.

Replies are judged by openapi-core against the spec; the server is called with plain
`requests`, never with our client.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from polycast.sandbox import Error, Hosted, ManualClock, Throttle, host
from polycast.sandbox.openapi import OpenAPIDocument
from polycast_textit.sandbox import TextItSandbox

DOCUMENT = OpenAPIDocument(TextItSandbox.spec.text, below=TextItSandbox.spec.below)

JOE = "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"
CUSTOMERS = "04a4752b-0f49-480e-ae60-3a3f2bea485c"
URN = "tel:+250788123123"
SAMPLE = {
    "urns": ["tel:+250788123123", "tel:+250788123124"],
    "contacts": ["09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"],
    "text": {"eng": "Hello @contact.name!", "spa": "Hola @contact.name!"},
    "base_language": "eng",
}
HELLO = {"urns": [URN], "text": "Hello"}


class Api(requests.Session):
    """Speaks to one sandbox; every success has to fit the spec."""

    def __init__(self, hosted: Hosted, sandbox: TextItSandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.root = hosted.base_url("textit")
        self.headers["Authorization"] = "Token sandbox-token"

    def request(
        self, method: str | bytes, url: str | bytes, *args: Any, **options: Any
    ) -> requests.Response:
        address = url if str(url).startswith("http") else f"{self.root}/{url!s}"
        response = super().request(method, address, *args, **{"timeout": 60, **options})
        if response.ok and ".json" in str(url):
            prepared = response.request.copy()
            prepared.url = str(prepared.url).replace(self.root, "http://sandbox/api/v2")
            problems = DOCUMENT.core.iter_apicall_response_errors(
                RequestsOpenAPIRequest(prepared), RequestsOpenAPIResponse(response)
            )
            assert list(problems) == []
        return response

    def broadcast(self, body: object) -> requests.Response:
        return self.post("broadcasts.json", json=body)

    def results(self, url: str) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = self.get(url).json()["results"]
        return results


Start = Callable[..., Api]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def start(clock: ManualClock) -> Iterator[Start]:
    """Host a sandbox with these settings and return a session for it."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Api:
            sandbox = TextItSandbox(clock, **settings)
            hosted = stack.enter_context(host([sandbox]))
            return stack.enter_context(Api(hosted, sandbox))

        yield start


@pytest.fixture
def api(start: Start) -> Api:
    return start()


# Sending and listing.


def test_the_sample_request_is_accepted(api: Api) -> None:
    """The page's own request is answered 201 with the page's own reply, bar ids and time."""
    answer = api.broadcast(SAMPLE)
    body = answer.json()
    assert answer.status_code == 201
    assert api.sandbox.requests[0].problems == ()
    assert {name: body[name] for name in SAMPLE if name != "contacts"} == {
        name: SAMPLE[name] for name in SAMPLE if name != "contacts"
    }
    assert body["contacts"] == [{"uuid": JOE, "name": "Joe"}]
    assert body["groups"] == []
    assert body["attachments"] == {"eng": [], "spa": []}
    assert body["status"] == "pending"
    assert body["progress"] == {"total": -1, "started": 0}
    assert body["created_on"] == "2026-01-01T00:00:00.000000Z"


def test_replies_name_the_workspace(api: Api) -> None:
    """Success carries the workspace in a header; refusals do not."""
    assert api.get("broadcasts.json").headers["X-Temba-Workspace"]
    assert "X-Temba-Workspace" not in api.broadcast({}).headers


def test_the_listing_looks_like_the_sample(api: Api) -> None:
    """A list has next, previous and results, and a broadcast every field of the sample."""
    api.broadcast(HELLO)
    page = api.get("broadcasts.json").json()
    assert (page["next"], page["previous"], len(page["results"])) == (None, None, 1)
    sample = ("id", "urns", "contacts", "groups", "text", "attachments", "base_language")
    assert set(sample) | {"created_on", "status", "uuid"} <= page["results"][0].keys()


def test_a_plain_text_is_in_the_first_language(api: Api) -> None:
    """A string instead of a dictionary is taken to be in the workspace's first language."""
    body = api.broadcast(HELLO).json()
    assert (body["text"], body["base_language"]) == ({"eng": "Hello"}, "eng")


def test_everybody_reads_their_own_language(api: Api, clock: ManualClock) -> None:
    """A contact gets its own language's text with its name; others get the base language."""
    api.broadcast(SAMPLE | {"urns": [], "groups": ["customers"], "contacts": [JOE]})
    clock.advance(60)
    assert {message.text for message in api.sandbox.inbox} == {"Hello Joe!", "Hola Ana!"}


def test_nobody_gets_a_broadcast_twice(api: Api) -> None:
    """A contact reached by URN, by UUID and by group has one message."""
    api.broadcast({"text": "x", "urns": [URN], "contacts": [JOE], "groups": [CUSTOMERS]})
    assert sorted(m.to for m in api.sandbox.accepted) == ["tel:+250788123123", "tel:+250788123124"]


def test_a_broadcast_moves_through_its_states(api: Api, clock: ManualClock) -> None:
    """pending, queued, started, completed, with the progress that goes with each."""
    number = api.broadcast({"urns": [f"tel:+25078812{n}" for n in range(4000, 4040)], "text": "x"})
    seen = []
    for seconds in (0, 0.5, 1.5, 10):
        clock.advance(seconds)
        (now,) = api.results(f"broadcasts.json?id={number.json()['id']}")
        seen.append((now["status"], now["progress"]["total"], now["progress"]["started"]))
    assert seen[:2] == [("pending", -1, 0), ("queued", 40, 0)]
    assert seen[2][:2] == ("started", 40)
    assert 0 < seen[2][2] < 40
    assert seen[3] == ("completed", 40, 40)


# Per-recipient states.


@pytest.mark.parametrize(
    ("urn", "course"),
    [
        ("tel:+250788123123", ["queued", "wired", "sent", "delivered", "delivered"]),
        ("tel:+250788121111", ["queued", "wired", "wired", "failed", "failed"]),
        ("tel:+250788122222", ["queued", "wired", "errored", "errored", "failed"]),
    ],
)
def test_a_message_moves_through_its_states(
    api: Api, clock: ManualClock, urn: str, course: list[str]
) -> None:
    """How a number ends decides its messages' way; delivered ones are in the inbox, once."""
    number = api.broadcast({"urns": [urn], "text": "x"}).json()["id"]
    seen = []
    for seconds in (1, 0.5, 0.5, 1, 10):
        clock.advance(seconds)
        (message,) = api.results(f"messages.json?broadcast={number}")
        seen.append(message["status"])
        assert (message["sent_on"] is not None) == (message["status"] in ("sent", "delivered"))
    assert seen == course
    assert len(api.sandbox.inbox) == (course[-1] == "delivered")


def test_messages_appear_when_the_broadcast_starts(api: Api, clock: ManualClock) -> None:
    """Before a broadcast is started nothing tells of its messages."""
    number = api.broadcast(HELLO).json()["id"]
    assert api.results(f"messages.json?broadcast={number}") == []
    clock.advance(1)
    (message,) = api.results(f"messages.json?broadcast={number}")
    assert (message["urn"], message["direction"], message["text"]) == (URN, "out", "Hello")
    assert message["contact"] == {"uuid": JOE, "name": "Joe"}


def test_a_contact_without_an_address_fails(api: Api, clock: ManualClock) -> None:
    """A message that has nowhere to go has failed, without channel and URN."""
    nobody = "2c1e3f64-5c1f-4f5a-9a0e-6f6bd3b0a5c7"
    api.broadcast({"contacts": [nobody], "text": "x"})
    clock.advance(1)
    (message,) = api.results("messages.json")
    assert (message["status"], message["channel"], message["urn"]) == ("failed", None, None)


def test_an_anonymous_workspace_hides_addresses(start: Start, clock: ManualClock) -> None:
    """In an anonymous workspace URNs are null, of broadcasts and of messages."""
    api = start(anonymous=True)
    assert api.broadcast(HELLO).json()["urns"] is None
    clock.advance(1)
    assert api.results("messages.json")[0]["urn"] is None


def test_a_lost_reply_was_carried_out(api: Api) -> None:
    """A number that ends in 3333 has its broadcast created while the client hears nothing."""
    with pytest.raises(requests.ConnectionError):
        api.broadcast({"urns": ["tel:+250788123333"], "text": "x"})
    assert len(api.results("broadcasts.json")) == 1


# Filters.


@pytest.fixture
def three(api: Api, clock: ManualClock) -> list[dict[str, Any]]:
    """Three broadcasts a second apart, oldest first."""
    made = []
    for text in ("one", "two", "three"):
        made.append(api.broadcast(HELLO | {"text": text}).json())
        clock.advance(1)
    return made


def texts(api: Api, url: str) -> list[str]:
    return [result["text"]["eng"] for result in api.results(url)]


def test_newest_come_first(api: Api, three: list[dict[str, Any]]) -> None:
    """Lists begin with what is newest."""
    assert texts(api, "broadcasts.json") == ["three", "two", "one"]


def test_one_broadcast_can_be_asked_for(api: Api, three: list[dict[str, Any]]) -> None:
    """By its number, which is deprecated and honoured, and by its UUID."""
    assert texts(api, f"broadcasts.json?id={three[1]['id']}") == ["two"]
    assert texts(api, f"broadcasts.json?uuid={three[1]['uuid']}") == ["two"]
    assert texts(api, "broadcasts.json?id=999999") == []


def test_both_moments_are_inclusive(api: Api, three: list[dict[str, Any]]) -> None:
    """Before and after include the moment itself."""
    moment = three[1]["created_on"]
    assert texts(api, f"broadcasts.json?before={moment}") == ["two", "one"]
    assert texts(api, f"broadcasts.json?after={moment}") == ["three", "two"]


@pytest.mark.parametrize("name", ["before", "after"])
def test_an_unreadable_moment_lets_nothing_pass(
    api: Api, three: list[dict[str, Any]], name: str
) -> None:
    """A moment that cannot be read is an empty list, not an error."""
    answer = api.get(f"broadcasts.json?{name}=yesterday")
    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("broadcasts.json?id=x", "Value for id must be an integer"),
        ("messages.json?id=x", "Value for id must be an integer"),
        ("broadcasts.json?uuid=xyz", "Param 'uuid': xyz is not a valid UUID."),
        (
            "messages.json?broadcast=1&folder=sent",
            "You may only specify one of the contact, folder, label, broadcast parameters",
        ),
    ],
)
def test_malformed_filters_are_told(api: Api, url: str, words: str) -> None:
    """A filter of the wrong kind is a 400 with the server's words as detail."""
    answer = api.get(url)
    assert (answer.status_code, answer.json()) == (400, {"detail": words})


@pytest.mark.parametrize(
    ("folder", "endings"),
    [
        ("outbox", {"2222"}),
        ("sent", {"3123"}),
        ("failed", {"1111"}),
        ("inbox", set()),
        ("flows", set()),
        ("archived", set()),
        ("nonsense", set()),
    ],
)
def test_folders_hold_messages_by_state(
    api: Api, clock: ManualClock, folder: str, endings: set[str]
) -> None:
    """A folder shows the messages in its states; an unknown one shows none."""
    urns = [f"tel:+25078812{ending}" for ending in ("3123", "1111", "2222")]
    api.broadcast({"urns": urns, "text": "x"})
    clock.advance(4)
    found = api.results(f"messages.json?folder={folder}")
    assert {message["urn"][-4:] for message in found} == endings


def test_messages_can_be_asked_for_one_by_one(api: Api, clock: ManualClock) -> None:
    """By UUID, by number, by contact; labels have none."""
    api.broadcast(SAMPLE)
    clock.advance(10)
    newest = api.results("messages.json")[0]
    for url in (f"uuid={newest['uuid']}", f"id={newest['id']}"):
        assert [m["uuid"] for m in api.results(f"messages.json?{url}")] == [newest["uuid"]]
    assert [m["urn"] for m in api.results(f"messages.json?contact={JOE}")] == [URN]
    assert api.results("messages.json?label=Spam") == []


# Pages.


def test_pages_follow_each_other(start: Start, clock: ManualClock) -> None:
    """Next leads through everything once, newest first, keeping the filter; previous leads back."""
    api = start(page_size=2)
    for index in range(5):
        api.broadcast(HELLO | {"text": f"{index}"})
        clock.advance(index % 2)
    pages = []
    address = "broadcasts.json?after=2026-01-01"
    while address:
        page = api.get(address).json()
        pages.append(page)
        address = page["next"]
    assert [[r["text"]["eng"] for r in page["results"]] for page in pages] == [
        ["4", "3"],
        ["2", "1"],
        ["0"],
    ]
    assert pages[0]["previous"] is None
    assert pages[0]["next"].startswith(f"{api.root}/broadcasts.json?after=2026-01-01&cursor=")
    assert api.get(pages[2]["previous"]).json() == pages[1]


def test_a_page_holds_250(api: Api) -> None:
    """Without being asked otherwise the server puts 250 things on a page."""
    for _ in range(251):
        api.sandbox.workspace.broadcast(
            urns=[],
            contacts=api.sandbox.workspace.contacts[:1],
            groups=[],
            translations={
                "eng": __import__("polycast_textit.sandbox.state").sandbox.state.Translation("x")
            },
            base_language="eng",
            now=api.sandbox.clock.now(),
        )
    first = api.get("broadcasts.json").json()
    rest = api.get(first["next"]).json()
    assert (len(first["results"]), len(rest["results"]), rest["next"]) == (250, 1, None)


def test_a_made_up_cursor_is_lost(api: Api) -> None:
    """A cursor that the server did not make is a 404."""
    answer = api.get("broadcasts.json?cursor=made-up")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid cursor"})


# What is refused: the bodies are the server's own.


def non_field(words: str) -> object:
    return {"non_field_errors": [words]}


MANY = [f"tel:+2507881{n:05}" for n in range(1, 102)]
TOO_MANY = ["Ensure this field has no more than 100 elements."]
REFUSALS = [
    ([], non_field("Request body should be a single JSON object")),
    ({}, non_field("Must provide either text or attachments.")),
    ({"urns": [URN]}, non_field("Must provide either text or attachments.")),
    ({"text": "Hello"}, non_field("Must provide either urns, contacts or groups.")),
    (HELLO | {"urns": []}, non_field("Must provide either urns, contacts or groups.")),
    (
        HELLO | {"text": {"kin": "Muraho"}, "base_language": "eng"},
        non_field("No text translation provided in base language."),
    ),
    (
        HELLO | {"quick_replies": {"spa": [{"text": "Si"}]}, "base_language": "eng"},
        non_field("No quick_replies translations provided in base language."),
    ),
    (
        HELLO | {"urns": ["foo:bar"]},
        {"urns": {"0": ["Invalid URN: foo:bar. Ensure phone numbers contain country codes."]}},
    ),
    (
        HELLO | {"urns": [URN, "tel:+1234567"]},
        {"urns": {"1": ["Invalid URN: tel:+1234567. Ensure phone numbers contain country codes."]}},
    ),
    (
        HELLO | {"urns": ["tel:+250788120000"]},
        {
            "urns": {
                "0": ["Invalid URN: tel:+250788120000. Ensure phone numbers contain country codes."]
            }
        },
    ),
    (
        HELLO | {"urns": [f"mailto:{'x' * 250}"]},
        {"urns": {"0": ["Ensure this field has no more than 255 characters."]}},
    ),
    (HELLO | {"urns": MANY}, {"urns": TOO_MANY}),
    (HELLO | {"contacts": [JOE] * 101}, {"contacts": TOO_MANY}),
    (HELLO | {"groups": [CUSTOMERS] * 101}, {"groups": TOO_MANY}),
    (HELLO | {"urns": URN}, {"urns": ['Expected a list of items but got type "str".']}),
    (HELLO | {"groups": [123456]}, {"groups": ["No such object: 123456"]}),
    (HELLO | {"contacts": ["tel:+1"]}, {"contacts": ["No such object: tel:+1"]}),
    (HELLO | {"groups": [{}]}, {"groups": ["Must be a string or integer"]}),
    (HELLO | {"urns": None}, {"urns": ["This field may not be null."]}),
    (
        HELLO | {"text": {"base": "x"}},
        {"text": {"base": ["Not an allowed ISO 639-3 language code."]}},
    ),
    (HELLO | {"text": {}}, {"text": ["This dictionary may not be empty."]}),
    (HELLO | {"text": 3}, {"text": ['Expected a dictionary of items but got type "int".']}),
    (HELLO | {"text": {"eng": None}}, {"text": {"eng": ["This field may not be null."]}}),
    (HELLO | {"text": {"eng": 3}}, {"text": {"eng": ["Not a valid string."]}}),
    (HELLO | {"text": " "}, {"text": {"eng": ["This field may not be blank."]}}),
    (
        HELLO | {"text": "x" * 4097},
        {"text": {"eng": ["Ensure this field has no more than 4096 characters."]}},
    ),
    (
        HELLO | {"text": {f"a{a}{b}": "x" for a in "abcdefgh" for b in "abcdefgh"}},
        {"text": ["Ensure this field has no more than 50 elements."]},
    ),
    (
        HELLO | {"base_language": "english"},
        {"base_language": ["Ensure this field has no more than 3 characters."]},
    ),
    (
        HELLO | {"base_language": "EN!"},
        {"base_language": ["Not an allowed ISO 639-3 language code."]},
    ),
    (
        HELLO | {"attachments": ["b97f69f7-5edf-45c7-9fda-d37066eae91d"]},
        {"attachments": {"eng": ["No such object: b97f69f7-5edf-45c7-9fda-d37066eae91d"]}},
    ),
    (
        HELLO | {"attachments": {"eng": ["x"] * 11}},
        {"attachments": {"eng": ["Ensure this field has no more than 10 elements."]}},
    ),
    (
        HELLO | {"quick_replies": [{"text": "x"}] * 11},
        {"quick_replies": {"eng": ["Ensure this field has no more than 10 elements."]}},
    ),
    (
        HELLO | {"quick_replies": [{"text": "x"}, {"text": "y" * 65, "extra": "z" * 1001}]},
        {
            "quick_replies": {
                "eng": {
                    "1": {
                        "text": ["Ensure this field has no more than 64 characters."],
                        "extra": ["Ensure this field has no more than 1000 characters."],
                    }
                }
            }
        },
    ),
    (
        HELLO | {"quick_replies": [{"type": "call", "text": "x"}]},
        {"quick_replies": {"eng": {"0": {"type": ['"call" is not a valid choice.']}}}},
    ),
    (
        {"urns": ["foo:bar"], "groups": ["Nobody"], "text": "x"},
        {
            "urns": {"0": ["Invalid URN: foo:bar. Ensure phone numbers contain country codes."]},
            "groups": ["No such object: Nobody"],
        },
    ),
]


@pytest.mark.parametrize(("body", "said"), REFUSALS, ids=[str(n) for n in range(len(REFUSALS))])
def test_a_broadcast_is_refused_in_the_servers_words(api: Api, body: object, said: object) -> None:
    """Each mistake is a 400 with exactly the server's body, and nothing is created."""
    answer = api.broadcast(body)
    assert (answer.status_code, answer.json()) == (400, said)
    assert api.sandbox.accepted == []


@pytest.mark.parametrize(
    "limit",
    [
        HELLO | {"urns": MANY[:100]},
        HELLO | {"text": "x" * 4096},
        HELLO | {"quick_replies": [{"text": "y" * 64, "extra": "z" * 1000}] * 10},
        HELLO | {"quick_replies": [{"type": "location"}]},
    ],
)
def test_what_is_just_within_the_limits_passes(api: Api, limit: object) -> None:
    """The limits themselves are allowed."""
    assert api.broadcast(limit).status_code == 201


def test_a_contact_and_a_group_have_other_names(api: Api) -> None:
    """A contact resolves by URN as well as by UUID, a group by name in any case."""
    body = api.broadcast({"contacts": [URN], "groups": ["CUSTOMERS"], "text": "x"}).json()
    assert body["contacts"] == [{"uuid": JOE, "name": "Joe"}]
    assert body["groups"] == [{"uuid": CUSTOMERS, "name": "Customers"}]


@pytest.mark.parametrize("word", ["flagged", "suspended"])
def test_a_blocked_workspace_may_not_send(start: Start, word: str) -> None:
    """A flagged or suspended workspace is a 400 that says so, not a 403."""
    answer = start(blocked=word).broadcast(HELLO)
    assert answer.status_code == 400
    (words,) = answer.json()["non_field_errors"]
    assert words.startswith(f"Sorry, your workspace is currently {word}. ")


def test_a_body_that_is_not_json_is_told(api: Api) -> None:
    """A broken body is a 400 with a detail."""
    answer = api.post(
        "broadcasts.json", data='{"text":', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("JSON parse error - ")


def test_another_kind_of_body_is_unsupported(api: Api) -> None:
    """A form is a 415."""
    answer = api.post("broadcasts.json", data={"text": "x"})
    assert answer.status_code == 415
    assert "Unsupported media type" in answer.json()["detail"]


def test_a_base_language_without_text_breaks_the_server(api: Api) -> None:
    """The server looks into a text that is not there: 500, labelled as HTML, nothing created."""
    media = upload(api).json()["uuid"]
    answer = api.broadcast({"urns": [URN], "attachments": [media], "base_language": "eng"})
    assert answer.status_code == 500
    assert answer.text == "Server Error. Site administrators have been notified."
    assert answer.headers["Content-Type"].startswith("text/html")
    assert api.sandbox.accepted == []


# Media.


def upload(
    api: Api, name: str = "steve marten.jpg", kind: str = "image/jpeg", content: bytes = b"\xff\xd8"
) -> requests.Response:
    return api.post("media.json", files={"file": (name, content, kind)})


def test_an_upload_can_be_attached(api: Api) -> None:
    """The media's UUID goes into a broadcast, and comes back as content type and URL."""
    answer = upload(api)
    media = answer.json()
    assert answer.status_code == 201
    assert (media["content_type"], media["filename"], media["size"]) == (
        "image/jpeg",
        "steve marten.jpg",
        2,
    )
    assert media["url"].endswith("/steve%20marten.jpg")
    by_url = f"image/jpeg:http://example.com/{media['uuid']}.jpg"
    body = api.broadcast({"urns": [URN], "attachments": {"eng": [media["uuid"], by_url]}}).json()
    assert body["attachments"] == {"eng": [f"image/jpeg:{media['url']}"] * 2}
    assert body["text"] == {"eng": None}


def test_attachments_need_the_base_language(api: Api) -> None:
    """Attachments in other languages than the base language's are refused."""
    media = upload(api).json()["uuid"]
    answer = api.broadcast(
        HELLO | {"text": {"eng": "x"}, "attachments": {"spa": [media]}, "base_language": "eng"}
    )
    assert answer.json() == non_field("No attachment translations provided in base language.")


def test_an_upload_without_a_file_is_refused(api: Api) -> None:
    """The part has to be there, and has to be called file."""
    for files in ({"data": ("a.png", b"x", "image/png")}, {"file": (None, "x")}):
        answer = api.post("media.json", files=files)
        assert (answer.status_code, answer.json()) == (400, {"file": ["No file was submitted."]})


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((f"image/{kind}", 201) for kind in ("apng", "avif", "gif", "jpeg", "png", "webp")),
        ("audio/mp3", 201),
        ("video/mp4", 201),
        ("application/pdf", 201),
        ("image/svg+xml", 400),
        ("text/plain", 400),
        ("application/zip", 400),
    ],
)
def test_some_kinds_of_files_are_allowed(api: Api, kind: str, status: int) -> None:
    """Images of six kinds, all audio and video, and PDF."""
    answer = upload(api, kind=kind)
    assert answer.status_code == status
    if status == 400:
        assert answer.json() == {"file": ["Unsupported file type."]}


def test_an_upload_has_a_limit(api: Api) -> None:
    """25 MB are allowed, a byte more is not."""
    whole = bytes(25 * 1024 * 1024)
    assert upload(api, content=whole).status_code == 201
    answer = upload(api, content=whole + b"x")
    assert (answer.status_code, answer.json()) == (
        400,
        {"file": ["Limit for file uploads is 25.0 MB."]},
    )


# Credentials, addresses, methods, rates.


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (None, "Authentication credentials were not provided."),
        ("Bearer sandbox-token", "Authentication credentials were not provided."),
        ("Token wrong", "Invalid token"),
        ("Basic " + b64encode(b"demo@example.com:wrong").decode(), "Invalid token or email"),
    ],
)
def test_bad_credentials_are_a_403(api: Api, header: str | None, words: str) -> None:
    """403, never 401, with the server's words; nothing is created."""
    api.headers.pop("Authorization")
    if header is not None:
        api.headers["Authorization"] = header
    answer = api.broadcast(HELLO)
    assert (answer.status_code, answer.json()) == (403, {"detail": words})
    assert "WWW-Authenticate" not in answer.headers
    assert api.sandbox.accepted == []


def test_basic_credentials_are_accepted(api: Api) -> None:
    """The e-mail address as user and the token as password do as well."""
    credentials = b64encode(b"demo@example.com:sandbox-token").decode()
    api.headers["Authorization"] = f"Basic {credentials}"
    assert api.get("broadcasts.json").status_code == 200


@pytest.mark.parametrize(
    ("method", "url"),
    [("DELETE", "broadcasts.json"), ("GET", "media.json"), ("DELETE", "media.json")],
)
def test_other_methods_are_a_405(api: Api, method: str, url: str) -> None:
    """A method the endpoint does not have is told by name."""
    answer = api.request(method, url)
    assert (answer.status_code, answer.json()) == (
        405,
        {"detail": f'Method "{method}" not allowed.'},
    )


def test_an_unknown_endpoint_is_a_404(api: Api) -> None:
    """An endpoint that is not there is a 404 in JSON."""
    answer = api.get("flows.json")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_too_many_requests_in_an_hour_are_a_429(start: Start, clock: ManualClock) -> None:
    """The wait is in the header and in the words, and is what it takes."""
    api = start(requests_per_hour=2)
    api.get("broadcasts.json")
    clock.advance(60)
    api.get("broadcasts.json")
    answer = api.broadcast(HELLO)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3540")
    assert answer.json() == {"detail": "Request was throttled. Expected available in 3540 seconds."}
    clock.advance(3540)
    assert api.broadcast(HELLO).status_code == 201


@pytest.mark.parametrize(
    ("wait", "header", "words"),
    [
        (1, "1", "Request was throttled. Expected available in 1 second."),
        (0, None, "Request was throttled. Expected available in 0 seconds."),
        (None, None, "Request was throttled."),
    ],
)
def test_a_throttled_answer_is_the_servers(
    api: Api, wait: int | None, header: str | None, words: str
) -> None:
    """One second is singular; no header when the wait is unknown or nothing."""
    api.sandbox.faults.add(Throttle(wait))
    answer = api.get("broadcasts.json")
    assert (answer.status_code, answer.json()) == (429, {"detail": words})
    assert answer.headers.get("Retry-After") == header


def test_a_broken_server_speaks_plain_text(api: Api) -> None:
    """A 500 is not JSON."""
    api.sandbox.faults.add(Error())
    answer = api.get("broadcasts.json")
    assert (answer.status_code, answer.text) == (
        500,
        "Server Error. Site administrators have been notified.",
    )


def test_what_only_the_spec_forbids_is_refused_too(api: Api) -> None:
    """A request that no rule of the server's names but that does not fit the spec is a 400."""
    answer = api.broadcast(HELLO | {"quick_replies": [{"type": None, "text": "x"}]})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body at $.quick_replies")
    assert api.sandbox.accepted == []


def test_every_listing_can_be_read_as_json(api: Api) -> None:
    """Replies are UTF-8 JSON, whatever the text is."""
    text = 'Žluťoučký "kůň" \\ \u2028 😀'
    api.broadcast(HELLO | {"text": text})
    assert json.loads(api.get("broadcasts.json").content)["results"][0]["text"] == {"eng": text}
