"""The fake platform against Hyber's page: what it takes on, and how it answers."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import requests
from polycast_hyber.sandbox import HyberSandbox

Start = Callable[..., tuple[requests.Session, HyberSandbox]]
Body = dict[str, Any]

FIRST, SECOND = 380961111112, 380962222223
COMMON = {
    "callback_url": "https://send-dr-here.com",
    "start_time": "2020-12-12 10:10:10+03:00",
    "tag": "Campaign name",
    "division_code": "Division code",
}
BUTTON = {
    "img": "https://example.com/image.png",
    "caption": "Click the button",
    "action": "https://example.com",
}
TEMPLATE: Body = {"ttl": 60, "device": "phone", "ctr": False}
VIBER = TEMPLATE | BUTTON
SMS = {"alpha_name": "GMSU", "ttl": 300, "ctr": False}
WHATSAPP = {"ttl": 604800, "ctr": False}
SESSION = WHATSAPP | {
    "img": "https://example.com/image.png",
    "img_name": "Name for image",
    "doc": "https://example.com/file.docx",
    "doc_name": "Name for document",
    "audio": "https://example.com/audio.mp3",
    "video": "https://example.com/video.mp4",
    "video_name": "Name for video",
    "latitude": "50.438820",
    "longitude": "30.498916",
}
PUSH = {"ttl": 60, "title": "Title for Push", "ctr": False} | BUTTON
#: The channel options of the page's samples, by kind.
KINDS: dict[str, dict[str, Body]] = {
    "viber+sms": {"viber": VIBER, "sms": SMS},
    "viber template": {"viber": TEMPLATE},
    "viber": {"viber": VIBER},
    "viber sender": {"viber": VIBER | {"alpha_name": "GMSU"}},
    "sms": {"sms": SMS},
    "whatsapp template": {"whatsapp": WHATSAPP},
    "whatsapp session": {"whatsapp": SESSION},
    "push+viber+sms": {"push": PUSH, "viber": VIBER, "sms": SMS},
}
TEXT = "Dear %greeting% %name%! Here is a message for you"


def addressed(options: dict[str, Body]) -> Body:
    return COMMON | {"channels": list(options), "channel_options": options}


def with_text(options: dict[str, Body], text: str) -> dict[str, Body]:
    return {channel: {"text": text, **words} for channel, words in options.items()}


def single(options: dict[str, Body], phone: object = FIRST, **changes: object) -> Body:
    return addressed(options) | {"phone_number": phone, "extra_id": "AD-6640-7006"} | changes


def batch(options: dict[str, Body], *phones: object) -> Body:
    return addressed(options) | {
        "messages": [
            {"phone_number": phone, "extra_id": f"AD-6640-{7006 + n}", "text": f"Text {n}"}
            for n, phone in enumerate(phones or (FIRST, SECOND))
        ]
    }


def broadcast(options: dict[str, Body]) -> Body:
    return addressed(options) | {
        "recipients": [
            {"phone_number": FIRST, "extra_id": "1", "name": "Michael", "greeting": "Mr. "},
            {"phone_number": SECOND, "extra_id": "2", "name": "Zoya", "greeting": "Ms. "},
        ]
    }


def sms(text: str = "Hello", **changes: object) -> dict[str, Body]:
    return {"sms": SMS | {"text": text} | changes}


def viber(**changes: object) -> dict[str, Body]:
    return {"viber": {"ttl": 60, "text": "Hello", **changes}}


# What is taken on.


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_single_message_is_taken_on(
    api: requests.Session, sandbox: HyberSandbox, kind: str
) -> None:
    """Each sample is answered with the message's UUID."""
    answer = api.post("", json=single(with_text(KINDS[kind], "Hello")))
    assert sandbox.requests[0].problems == ()
    assert answer.json().keys() == {"message_id"}
    (message,) = sandbox.accepted
    assert (message.to, message.text) == (str(FIRST), "Hello")
    assert message.id == str(UUID(answer.json()["message_id"]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_batch_is_taken_on(
    api: requests.Session, sandbox: HyberSandbox, kind: str
) -> None:
    """Each sample is answered with a campaign's UUID; everybody gets their own text."""
    answer = api.post("batch", json=batch(KINDS[kind]))
    assert sandbox.requests[0].problems == ()
    assert answer.json() == {"job_id": str(UUID(answer.json()["job_id"]))}
    assert [message.text for message in sandbox.accepted] == ["Text 0", "Text 1"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_broadcast_is_taken_on(
    api: requests.Session, sandbox: HyberSandbox, kind: str
) -> None:
    """Each sample is answered with a campaign's UUID; variables are filled in as they are."""
    answer = api.post("broadcast", json=broadcast(with_text(KINDS[kind], TEXT)))
    assert sandbox.requests[0].problems == ()
    assert answer.json() == {"job_id": str(UUID(answer.json()["job_id"]))}
    assert [message.text for message in sandbox.accepted] == [
        "Dear Mr.  Michael! Here is a message for you",
        "Dear Ms.  Zoya! Here is a message for you",
    ]


def test_a_file_may_have_variables_for_its_name_and_place(
    api: requests.Session, sandbox: HyberSandbox
) -> None:
    """The sample of a file to each recipient, without a text, is taken on."""
    body = addressed({"viber": TEMPLATE | {"file_name": "%name%", "action": "%url%"}}) | {
        "recipients": [
            {"phone_number": FIRST, "name": "Name_for_document1.docx", "url": "https://e.com/1"},
            {"phone_number": SECOND, "name": "Name_for_document2.docx", "url": "https://e.com/2"},
        ]
    }
    answer = api.post("broadcast/sync", json=body).json()
    assert [one["accepted"] for one in answer["messages"]] == [True, True]
    assert len(sandbox.accepted) == 2


@pytest.mark.parametrize("path", ["batch/sync", "broadcast/sync"])
def test_a_synchronous_answer_tells_of_each_message(api: requests.Session, path: str) -> None:
    """The page's sample: processed, accepted, ids, and numbers that have become strings."""
    body = batch(sms()) if path.startswith("batch") else broadcast(sms())
    answer = api.post(path, json=body).json()
    assert answer.keys() == {"messages"}
    given = body.get("messages") or body["recipients"]
    assert answer["messages"] == [
        {
            "processed": True,
            "phone_number": str(one["phone_number"]),
            "message_id": str(UUID(told["message_id"])),
            "extra_id": one["extra_id"],
            "accepted": True,
        }
        for one, told in zip(given, answer["messages"], strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("%name%", "Michael"),
        ("%nobody%", "%nobody%"),
        ("100%", "100%"),
        ("%%name%%", "%Michael%"),
        ("5% %name% 5%", "5% Michael 5%"),
        ("%phone_number% %extra_id%", "%phone_number% %extra_id%"),
    ],
)
def test_only_a_recipients_variables_are_placeholders(
    api: requests.Session, sandbox: HyberSandbox, text: str, read: str
) -> None:
    """Percent signs, reserved names and variables that a recipient lacks stay as they are."""
    recipient = {"phone_number": FIRST, "extra_id": "1", "name": "Michael"}
    api.post("broadcast", json=addressed(sms(text)) | {"recipients": [recipient]})
    assert [message.text for message in sandbox.accepted] == [read]


def test_the_sender_is_the_channels_own(api: requests.Session, sandbox: HyberSandbox) -> None:
    """What arrives by SMS is from the alpha name."""
    api.post("", json=single(sms(alpha_name="Bank 24")))
    assert [message.sender for message in sandbox.accepted] == ["Bank 24"]


def test_a_phone_number_may_be_text(api: requests.Session, sandbox: HyberSandbox) -> None:
    """Digits as a string do as well as a number."""
    assert "message_id" in api.post("", json=single(sms(), str(FIRST))).json()
    assert sandbox.requests[0].problems == ()


def test_the_same_number_twice_is_two_messages(
    api: requests.Session, sandbox: HyberSandbox
) -> None:
    """The platform drops no duplicates."""
    api.post("batch", json=batch(sms(), FIRST, FIRST))
    assert len(sandbox.accepted) == 2


def test_fields_of_older_clients_are_passed_over(api: requests.Session) -> None:
    """What clients of earlier protocols send does no harm."""
    body = single(viber(ios_expirity_text="Too late"), is_promotional=True)
    assert "message_id" in api.post("", json=body).json()


def test_fifty_thousand_recipients_are_the_most(
    api: requests.Session, sandbox: HyberSandbox
) -> None:
    """A recipient more and none of them is taken on."""
    recipients = [{"phone_number": 380960000007 + n * 10} for n in range(50_001)]
    body = addressed(sms()) | {"recipients": recipients}
    words = refusal(api.post("broadcast", json=body))
    assert words.startswith("The body at $.recipients")
    assert sandbox.accepted == []
    body["recipients"] = recipients[:-1]
    assert "job_id" in api.post("broadcast", json=body).json()
    assert len(sandbox.account.messages) == 50_000


# What is refused.


def refusal(answer: requests.Response) -> str:
    """Return the words of a refusal that is not about the phone number."""
    body = answer.json()
    assert body.keys() == {"error_code", "error_text"}
    assert body["error_code"] == 36000
    return str(body["error_text"])


@pytest.mark.parametrize("phone", ["+380961111112", "0961111112", "38096", "Joe", 0, 380960000000])
def test_an_incorrect_number_is_refused(
    api: requests.Session, sandbox: HyberSandbox, phone: object
) -> None:
    """A single message answers with the page's error, a campaign with one entry for it."""
    error = {"error_code": 36024, "error_text": "Phone number incorrect"}
    assert api.post("", json=single(sms(), phone)).json() == error
    first, second = api.post("batch/sync", json=batch(sms(), phone, SECOND)).json()["messages"]
    assert first == {
        "processed": False,
        "phone_number": str(phone),
        "extra_id": "AD-6640-7006",
        "accepted": False,
        **error,
    }
    assert second["accepted"] is True
    assert [message.to for message in sandbox.accepted] == [str(SECOND)]


def test_the_status_of_a_refusal_can_be_chosen(start: Start) -> None:
    """The page does not tell it: a sandbox answers 200 or what it is told to."""
    for status in (200, 400, 422):
        api, _ = start(refusal_status=status)
        answer = api.post("", json=single(sms(), 380960000000))
        assert (answer.status_code, answer.json()["error_code"]) == (status, 36024)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (viber(text="x" * 1001), "viber: text is longer than 1000 characters"),
        (viber(caption="x" * 31), "viber: caption is longer than 30 characters"),
        (viber(img="https://e.com/" + "x" * 243), "viber: img is longer than 256 characters"),
        (viber(device="tablet"), "viber: device is neither all nor phone"),
        (viber(action="ftp://e.com"), "viber: action leads nowhere"),
        (
            {"viber": {"ttl": 60, "file_name": "a.docx"}},
            "viber: action is missing, where the file is",
        ),
        (
            viber(file_name="a.exe", action="https://e.com"),
            "viber: file_name has no extension that is let through",
        ),
        (
            viber(file_name="x" * 21 + ".docx", action="https://e.com"),
            "viber: file_name is longer than 25 characters",
        ),
        ({"viber": {"ttl": 60}}, "viber: text or img or file_name or action is missing"),
        (sms("x" * 766), "sms: text takes more than 5 parts"),
        (sms("ї" * 336), "sms: text takes more than 5 parts"),
        (sms("€" * 383), "sms: text takes more than 5 parts"),
        ({"sms": SMS}, "sms: text is missing"),
        (sms(alpha_name="x" * 12), "sms: alpha_name is longer than 11 characters"),
        (
            sms(alpha_name="Банк"),
            "sms: alpha_name has characters outside the GSM 7-bit default alphabet",
        ),
        (
            {"whatsapp": WHATSAPP | {"latitude": "90.1", "longitude": 0}},
            "whatsapp: latitude is not a number from -90 to 90",
        ),
        (
            {"whatsapp": WHATSAPP | {"latitude": 0, "longitude": "east"}},
            "whatsapp: longitude is not a number from -180 to 180",
        ),
        ({"push": PUSH}, "push: text is missing"),
        ({"push": PUSH | {"text": "x", "title": "x" * 21}}, "push: title is longer than 20"),
    ],
)
def test_a_message_beyond_the_limits_is_refused(
    api: requests.Session, sandbox: HyberSandbox, options: dict[str, Body], words: str
) -> None:
    """Each limit of the page's table has a refusal that names it, and nothing is taken on."""
    assert refusal(api.post("", json=single(options))).startswith(words)
    assert sandbox.accepted == []


@pytest.mark.parametrize(
    "options",
    [
        viber(text="x" * 1000, caption="x" * 30),
        viber(action="viber://chat?service=3016"),
        viber(action="tel:+380961111111"),
        viber(thumbnail="https://e.com/t.jpg", file_size=12.5, duration="60"),
        {"viber": {"ttl": 40, "file_name": "x" * 20 + ".xltx", "action": "https://e.com"}},
        sms("x" * 765),
        sms("ї" * 335),
        sms("€" * 382),
        sms(alpha_name="1bank_24 Ü", ttl=259200),
        {"whatsapp": WHATSAPP | {"latitude": -90, "longitude": 180.0}},
    ],
)
def test_what_is_just_within_the_limits_is_taken_on(
    api: requests.Session, sandbox: HyberSandbox, options: dict[str, Body]
) -> None:
    """The limits themselves are allowed."""
    assert "message_id" in api.post("", json=single(options)).json()
    assert sandbox.requests[0].problems == ()


def test_limits_hold_for_what_comes_of_a_template(api: requests.Session) -> None:
    """A variable that is too long refuses its recipient only."""
    recipients = [
        {"phone_number": FIRST, "who": "x" * 31},
        {"phone_number": SECOND, "who": "x" * 30},
    ]
    body = addressed(viber(caption="%who%", action="https://e.com")) | {"recipients": recipients}
    answer = api.post("broadcast/sync", json=body).json()["messages"]
    assert [(one["accepted"], one.get("error_code")) for one in answer] == [
        (False, 36000),
        (True, None),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": ["viber", "sms"]}, "Channel viber has no channel_options"),
        ({"channels": ["pigeon"]}, "Channel pigeon is unknown"),
        ({"channels": ["sms", "sms"]}, "The body at $.channels"),
        ({"channels": []}, "The body at $.channels"),
        ({"start_time": "2026-01-01T10:00:00Z"}, "start_time is not"),
        ({"start_time": "2026-02-30 10:00:00"}, "start_time is not"),
        ({"extra_id": "x" * 65}, "The body at $.extra_id"),
        ({"callback_url": "https://e.com/" + "x" * 243}, "The body at $.callback_url"),
        ({"tag": "x" * 65}, "The body at $.tag"),
        ({"division_code": "x" * 101}, "The body at $.division_code"),
        ({"phone_number": None}, "The body at $.phone_number"),
        ({"channel_options": sms(ttl=299)}, "The body at $.channel_options.sms.ttl"),
        ({"channel_options": {"sms": {"ttl": 300}}}, "The body at $.channel_options.sms"),
    ],
)
def test_a_request_that_is_wrong_as_a_whole_is_refused(
    api: requests.Session, sandbox: HyberSandbox, changes: Body, words: str
) -> None:
    """What the rules or the spec forbid is told, and nothing is taken on."""
    assert refusal(api.post("", json=single(sms()) | changes)).startswith(words)
    assert sandbox.accepted == []


@pytest.mark.parametrize(
    ("field", "body"), [("messages", batch(sms())), ("recipients", broadcast(sms()))]
)
def test_somebody_must_be_addressed(
    api: requests.Session, sandbox: HyberSandbox, field: str, body: Body
) -> None:
    """Messages belong to a batch, recipients to a broadcast; none is too few."""
    path, other = ("batch", "broadcast") if field == "messages" else ("broadcast", "batch")
    assert "non-empty" in refusal(api.post(path, json=body | {field: []}))
    assert "required" in refusal(api.post(other, json=body))
    assert sandbox.accepted == []


def test_a_body_must_be_json(api: requests.Session) -> None:
    """A broken body and a body of another kind are refused."""
    broken = api.post("", data='{"channels":', headers={"Content-Type": "application/json"})
    assert refusal(broken) == "The body is not JSON"
    assert refusal(api.post("", data={"a": "b"})) == "Content-Type is not application/json"
