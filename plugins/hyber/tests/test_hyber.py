"""Hyber through a connected client: these bytes leave, and those bytes mean this."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from polycast import (
    Broadcast,
    Client,
    InvalidResponse,
    Message,
    OutcomeUnknown,
    Recipient,
    Rejected,
    State,
)
from polycast.testing import CannedWire
from polycast_hyber import Options, Push, Sms, Viber, WhatsApp

Connect = Callable[..., Client]

JOE = Recipient("+380961111111", {"name": "Joe"}, reference="joe")
ANA = Recipient("+380962222222", {"name": "Ana"}, reference="ana")
FUTURE = datetime(2130, 1, 1, 9, tzinfo=UTC)


def reply(hyber: Client, wire: CannedWire, **content: Any) -> Any:
    """What leaves for a message with this content."""
    wire.answer(json={"message_id": "m"})
    hyber.send(Message("+380961111111", **content))
    return wire.sent[-1].json


def told(hyber: Client, wire: CannedWire, **content: Any) -> Any:
    """What leaves for a broadcast with this content to Joe and Ana."""
    wire.answer(json={"job_id": "j"})
    hyber.send_bulk(Broadcast(**{"recipients": [JOE, ANA], **content}))
    return wire.sent[-1].json


# One message


def test_a_message(hyber: Client, wire: CannedWire) -> None:
    """Text goes out as it stands, with an extra id to be found again by; SMS is what is left."""
    wire.answer(json={"message_id": "9f60ac8f-e721-5027-b838-e6fcb95fcd7a"})
    receipt = hyber.send(Message("+380961111111", text="Say {so} for 5%off%"))
    assert receipt.id == "message:9f60ac8f-e721-5027-b838-e6fcb95fcd7a"
    assert (receipt.state, receipt.to) == (State.QUEUED, "+380961111111")
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", "https://api-v2.hyber.im/42")
    body = sent.json
    assert body.pop("extra_id").startswith("polycast-")
    assert body == {
        "phone_number": 380961111111,
        "channels": ["sms"],
        "channel_options": {
            "sms": {"text": "Say {so} for 5%off%", "ttl": 86400, "alpha_name": "GMSU"}
        },
    }


def test_a_message_with_everything(hyber: Client, wire: CannedWire) -> None:
    """Each field has its place, and every channel of the page its options."""
    body = reply(
        hyber,
        wire,
        text="Hi",
        sender="Other",
        channels=["push", "viber", "whatsapp", "sms"],
        send_at=FUTURE,
        callback_url="https://example.com/r",
        options=Options(
            tag="Table",
            division_code="D1",
            reference="r-1",
            promotional=True,
            push=Push(
                title="News",
                text="{{pushed}}",
                ttl=timedelta(seconds=30),
                image="https://example.com/p.png",
                caption="Go",
                action="https://example.com",
                count_clicks=True,
            ),
            viber=Viber(
                device="all",
                thumbnail="https://example.com/t.png",
                file_size=1.5,
                duration="20",
                ios_expiry_text="Too late",
            ),
            whatsapp=WhatsApp(latitude=50.4, longitude="30.498916"),
        ),
    )
    assert body == {
        "phone_number": 380961111111,
        "extra_id": "r-1",
        "tag": "Table",
        "division_code": "D1",
        "is_promotional": True,
        "callback_url": "https://example.com/r",
        "start_time": "2130-01-01 09:00:00+00:00",
        "channels": ["push", "viber", "whatsapp", "sms"],
        "channel_options": {
            "push": {
                "title": "News",
                "text": "{pushed}",
                "ttl": 30,
                "img": "https://example.com/p.png",
                "caption": "Go",
                "action": "https://example.com",
                "ctr": True,
            },
            "viber": {
                "text": "Hi",
                "alpha_name": "Other",
                "ttl": 60,
                "device": "all",
                "thumbnail": "https://example.com/t.png",
                "file_size": 1.5,
                "duration": "20",
                "ios_expirity_text": "Too late",
            },
            "whatsapp": {
                "text": "Hi",
                "ttl": 604800,
                "latitude": 50.4,
                "longitude": "30.498916",
            },
            "sms": {"text": "Hi", "ttl": 86400, "alpha_name": "Other"},
        },
    }


def test_the_time_to_live(hyber: Client, wire: CannedWire) -> None:
    """What others follow gives way soon, the last tries for a day; what is said wins."""

    def ttls(**content: Any) -> dict[str, int]:
        body = reply(hyber, wire, text="Hi", **content)
        return {name: each["ttl"] for name, each in body["channel_options"].items()}

    assert ttls(channels=["viber", "sms"]) == {"viber": 60, "sms": 86400}
    assert ttls(channels=["sms", "viber"]) == {"sms": 300, "viber": 86400}
    assert ttls(channels=["viber", "sms"], ttl=timedelta(hours=1)) == {"viber": 3600, "sms": 3600}
    viber = Options(viber=Viber(ttl=timedelta(seconds=90)))
    assert ttls(channels=["viber", "sms"], ttl=timedelta(hours=1), options=viber) == {
        "viber": 90,
        "sms": 3600,
    }
    assert ttls(channels=["whatsapp", "sms"]) == {"whatsapp": 604800, "sms": 86400}


def test_the_channel_may_be_left_to_the_options(hyber: Client, wire: CannedWire) -> None:
    """Options of one channel say which it is."""
    body = reply(hyber, wire, text="Hi", options=Options(viber=Viber(device="phone")))
    assert body["channels"] == ["viber"]


def test_the_sender_of_each_channel(connect: Connect, wire: CannedWire) -> None:
    """A channel's own sender, else the message's, else for SMS the account's."""
    hyber = connect(sms_sender="House")

    def senders(**content: Any) -> dict[str, str | None]:
        body = reply(hyber, wire, text="Hi", channels=["viber", "sms"], **content)
        return {name: each.get("alpha_name") for name, each in body["channel_options"].items()}

    assert senders() == {"viber": None, "sms": "House"}
    assert senders(sender="Me") == {"viber": "Me", "sms": "Me"}
    own = Options(sms=Sms(sender="Own"))
    assert senders(sender="Me", options=own) == {"viber": "Me", "sms": "Own"}


def test_media_go_where_each_channel_has_them(hyber: Client, wire: CannedWire) -> None:
    """An image goes on every channel but SMS, other media on WhatsApp, by their endings."""
    image = "https://example.com/%D0%9F.PNG?w=1"
    options = reply(
        hyber,
        wire,
        text="Hi",
        media=[image],
        channels=["push", "viber", "whatsapp", "sms"],
        options=Options(push=Push(title="T")),
    )["channel_options"]
    assert {name: each.get("img") for name, each in options.items()} == {
        "push": image,
        "viber": image,
        "whatsapp": image,
        "sms": None,
    }
    media = [f"https://example.com/a.{ending}" for ending in ("mp3", "mp4", "pdf")]
    body = reply(hyber, wire, media=media, channels=["whatsapp"])
    assert body["channel_options"]["whatsapp"] == {
        "ttl": 604800,
        "audio": media[0],
        "video": media[1],
        "doc": media[2],
    }
    own = "https://example.com/own.png"
    both = Options(viber=Viber(image=own), push=Push(title="T"))
    body = reply(hyber, wire, text="Hi", media=[image], channels=["viber", "push"], options=both)[
        "channel_options"
    ]
    assert (body["viber"]["img"], body["push"]["img"]) == (own, image)


def test_a_file_on_viber_leaves_the_text_to_sms(hyber: Client, wire: CannedWire) -> None:
    """A file travels without text; who cannot have it reads the text."""
    file = Viber(file_name="menu.pdf", action="https://example.com/menu.pdf")
    options = Options(viber=file)
    body = reply(hyber, wire, text="Our menu", channels=["viber", "sms"], options=options)
    assert "text" not in body["channel_options"]["viber"]
    assert body["channel_options"]["sms"]["text"] == "Our menu"


# Many messages


def test_a_template_with_variables(hyber: Client, wire: CannedWire) -> None:
    """Only what a text uses travels, in every option that uses it, and a stray percent stays."""
    body = told(
        hyber,
        wire,
        text="Dear {name}, 50%off% at {{our}} place",
        channels=["viber", "sms"],
        options=Options(viber=Viber(action="https://example.com/{table}", caption="Go")),
        recipients=[
            Recipient("+380961111111", {"name": "Joe", "table": "5", "unused": "x"}, reference="1")
        ],
    )
    assert body["recipients"] == [
        {
            "phone_number": 380961111111,
            "extra_id": "1",
            "name": "Joe",
            "table": "5",
            "off": "%off%",
        }
    ]
    texts = body["channel_options"]
    assert texts["viber"]["text"] == "Dear %name%, 50%off% at {our} place"
    assert texts["viber"]["action"] == "https://example.com/%table%"


def test_texts_of_their_own_make_a_batch(hyber: Client, wire: CannedWire) -> None:
    """Who has no text of their own gets the broadcast's, filled in."""
    body = told(
        hyber,
        wire,
        text="Dear {name}",
        recipients=[JOE, Recipient("+380962222222", text="Just {you}", reference="ana")],
        name="Evening",
    )
    assert wire.sent[0].url == "https://proxy.hyber.im/42/batch"
    assert body == {
        "tag": "Evening",
        "channels": ["sms"],
        "channel_options": {"sms": {"ttl": 86400, "alpha_name": "GMSU"}},
        "messages": [
            {"phone_number": 380961111111, "extra_id": "joe", "text": "Dear Joe"},
            {"phone_number": 380962222222, "extra_id": "ana", "text": "Just {you}"},
        ],
    }


def test_one_text_for_all_can_stand_beside_texts_of_channels(
    hyber: Client, wire: CannedWire
) -> None:
    """Texts of their own that are all the same make a broadcast where no batch could say it."""
    both = [Recipient(each.to, text="Hi {all}", reference=each.reference) for each in (JOE, ANA)]
    body = told(
        hyber,
        wire,
        recipients=both,
        channels=["viber", "sms"],
        options=Options(viber=Viber(text="On Viber")),
    )
    texts = {name: each["text"] for name, each in body["channel_options"].items()}
    assert texts == {"viber": "On Viber", "sms": "Hi {all}"}
    assert len(body["recipients"]) == 2


def test_more_than_50000(hyber: Client, wire: CannedWire) -> None:
    """A longer list takes several campaigns, and one id stands for all."""
    wire.answer(json={"job_id": "a"}).answer(json={"job_id": "b"})
    sent = hyber.send_bulk(
        Broadcast(text="Hi", recipients=[f"+38096{number:07d}" for number in range(50_001)]),
        workers=1,
    )
    assert sent.id == "batches:job:a,job:b"
    assert [len(each.json["recipients"]) for each in wire.sent] == [50_000, 1]
    assert len({receipt.id for receipt in sent.receipts}) == 50_001


def test_what_waits_for_its_time_is_scheduled(hyber: Client, wire: CannedWire) -> None:
    """A start in the future is SCHEDULED, for the whole and for each; one in the past is not."""
    wire.answer(json={"message_id": "m"}).answer(json={"job_id": "j"}).answer(
        json={"messages": [{"accepted": True, "extra_id": "joe", "message_id": "1"}]}
    )
    wire.answer(json={"message_id": "m"})
    assert hyber.send(Message("+380961111111", text="Hi", send_at=FUTURE)).state is State.SCHEDULED
    sent = hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE], send_at=FUTURE))
    assert {sent.state, sent.receipts[0].state} == {State.SCHEDULED}
    sync = Options(sync=True)
    sent = hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE], send_at=FUTURE, options=sync))
    assert {sent.state, sent.receipts[0].state} == {State.SCHEDULED}
    hyber.api.transport.clock = FUTURE.timestamp
    assert hyber.send(Message("+380961111111", text="Hi", send_at=FUTURE)).state is State.QUEUED


def test_partly_refused_with_200(hyber: Client, wire: CannedWire) -> None:
    """Each recipient is told apart, in the order given; who is not told about is UNKNOWN."""
    rows = [
        {"extra_id": "eve", "accepted": "yes", "phone_number": "380963333333"},
        {
            "extra_id": "ana",
            "accepted": False,
            "error_code": 36024,
            "error_text": "Phone number incorrect",
        },
        {"extra_id": "joe", "accepted": True, "message_id": "1", "phone_number": "380961111111"},
    ]
    wire.answer(json={"messages": rows})
    people = [JOE, ANA, Recipient("+380963333333", reference="eve"), Recipient("+380964444444")]
    sent = hyber.send_bulk(Broadcast(text="Hi", recipients=people, options=Options(sync=True)))
    assert [(each.id, each.state, each.reference) for each in sent.receipts] == [
        ("message:1", State.QUEUED, "joe"),
        (None, State.REJECTED, "ana"),
        (None, State.UNKNOWN, "eve"),
        (None, State.UNKNOWN, None),
    ]
    words = [each.detail or "" for each in sent.receipts]
    assert words[1] == "Phone number incorrect"
    assert "does not name" in words[3]
    assert (sent.id, sent.state) == (None, State.QUEUED)


def test_all_refused_with_200(hyber: Client, wire: CannedWire) -> None:
    """When everybody is refused the whole is, and each says why."""
    rows = [{"extra_id": each, "accepted": False, "error_code": 99} for each in ("ana", "joe")]
    wire.answer(json={"messages": rows})
    sent = hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE, ANA], options=Options(sync=True)))
    assert sent.state is State.REJECTED
    assert [each.id for each in sent.receipts] == [None, None]


# Answers that are none


SENDS: dict[str, Callable[[Client], object]] = {
    "send_message": lambda hyber: hyber.send(Message("+380961111111", text="Hi")),
    "send_broadcast": lambda hyber: hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE])),
    "send_batch": lambda hyber: hyber.send_bulk(
        Broadcast(recipients=[Recipient("+380961111111", text="Hi")])
    ),
    "send_broadcast_sync": lambda hyber: hyber.send_bulk(
        Broadcast(text="Hi", recipients=[JOE], options=Options(sync=True))
    ),
    "send_batch_sync": lambda hyber: hyber.send_bulk(
        Broadcast(recipients=[Recipient("+380961111111", text="Hi")], options=Options(sync=True))
    ),
}


@pytest.mark.parametrize("send", SENDS)
@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "null",
        "[]",
        '{"message_id": ""}',
        '{"job_id": {}, "message_id": [], "messages": 7}',
        '{"messages": []}',
        '{"job_id',
        "<html><title>Welcome</title></html>",
        b"\xff\xfe",
    ],
)
def test_a_reply_that_is_none_leaves_the_outcome_unknown(
    hyber: Client, wire: CannedWire, send: str, body: str | bytes
) -> None:
    """A 2xx to a send in another form says nothing of what became of it, and is not repeated."""
    wire.answer(200, body)
    with pytest.raises(OutcomeUnknown) as caught:
        SENDS[send](hyber)
    assert caught.value.operation == send
    assert not caught.value.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("send", SENDS)
def test_a_lost_reply_is_not_repeated(hyber: Client, wire: CannedWire, send: str) -> None:
    """Whatever was read whole is not sent again; what never arrived is."""
    wire.lose()
    with pytest.raises(OutcomeUnknown):
        SENDS[send](hyber)
    assert len(wire.sent) == 1
    wire.refuse_connection().answer(json={"error_code": 36024, "error_text": "x"})
    with pytest.raises(Rejected):
        SENDS[send](hyber)
    assert len(wire.sent) == 3


def test_an_answer_to_a_question_that_is_none(hyber: Client, wire: CannedWire) -> None:
    """A question whose answer cannot be read can be asked again."""
    for body in ("", "[]", '{"messages": 7}', "<html></html>"):
        wire.answer(200, body)
        with pytest.raises(InvalidResponse) as caught:
            hyber.status("job:1")
        assert caught.value.safe_to_retry


@pytest.mark.parametrize(("accepted", "state"), [(True, State.QUEUED), (False, State.REJECTED)])
def test_a_message_that_is_accepted_or_not(
    hyber: Client, wire: CannedWire, accepted: bool, state: State
) -> None:
    """The reply to one message may say whether it is accepted, beside its id."""
    wire.answer(json={"message_id": "m", "accepted": accepted})
    receipt = hyber.send(Message("+380961111111", text="Hi"))
    assert (receipt.id, receipt.state) == ("message:m", state)


MESSAGE: dict[str, object] = {"message_id": "m", "error_code": None, "error_text": None}


@pytest.mark.parametrize(
    "answer",
    [
        {**MESSAGE, "accepted": None},
        {**MESSAGE, "accepted": "yes", "clicks": "many"},
        {**MESSAGE, "phone_number": 380961111111, "extra_id": None, "processed": 1},
        [MESSAGE],
    ],
)
def test_a_reply_with_an_id_is_a_receipt(hyber: Client, wire: CannedWire, answer: object) -> None:
    """Nulls, other types and a list of one cost a field, not the receipt."""
    wire.answer(json=answer)
    receipt = hyber.send(Message("+380961111111", text="Hi"))
    assert (receipt.id, receipt.state) == ("message:m", State.QUEUED)


def test_a_campaign_reply_with_an_id_is_a_receipt(hyber: Client, wire: CannedWire) -> None:
    """The same of a campaign's."""
    for answer in ({"job_id": "j", "error_code": None}, [{"job_id": "j"}]):
        wire.answer(json=answer)
        sent = hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE, ANA]))
        assert (sent.id, sent.state) == ("job:j", State.QUEUED)


def test_rows_with_an_id_are_receipts(hyber: Client, wire: CannedWire) -> None:
    """Each row that Hyber gives an id has a receipt that says so, whatever else is missing."""
    rows = [
        {"phone_number": 380961111111, "message_id": "1", "extra_id": "joe", "accepted": None},
        {"message_id": "2", "extra_id": "ana", "error_code": None, "processed": None},
    ]
    wire.answer(json={"messages": rows})
    sent = hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE, ANA], options=Options(sync=True)))
    assert [(each.id, each.state) for each in sent.receipts] == [
        ("message:1", State.QUEUED),
        ("message:2", State.QUEUED),
    ]


@pytest.mark.parametrize("told", [{"error_text": "No route"}, {"error_code": 99}])
def test_an_id_beside_words_of_an_error_is_no_acceptance(
    hyber: Client, wire: CannedWire, told: dict[str, object]
) -> None:
    """A row that names an id and an error as well says neither."""
    wire.answer(json={"messages": [{"message_id": "1", "extra_id": "joe", **told}]})
    sent = hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE], options=Options(sync=True)))
    assert [(each.id, each.state) for each in sent.receipts] == [("message:1", State.UNKNOWN)]
