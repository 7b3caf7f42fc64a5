"""Hyber through a connected client: these bytes leave, and those bytes mean this."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polycast
import pytest
from polycast import (
    Broadcast,
    Client,
    InvalidAnswer,
    Message,
    OutcomeUnknown,
    Recipient,
    Rejected,
    SettingsError,
    State,
    Unsupported,
)
from polycast.testing import CannedWire
from polycast_hyber import Hyber, Options, Push, Sms, Viber, WhatsApp

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
    body = reply(
        hyber, wire, text="Hi", media=[image], channels=["viber", "push"], options=both
    )["channel_options"]
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
        Broadcast(text="Hi", recipients=[f"+38096{number:07d}" for number in range(50_001)])
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
    past = Message("+380961111111", text="Hi", send_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert hyber.send(past).state is State.QUEUED


def test_partly_refused_with_200(hyber: Client, wire: CannedWire) -> None:
    """Each recipient is told apart, in the order given; a row that is broken costs that one."""
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
    words = [each.words or "" for each in sent.receipts]
    assert words[1] == "Phone number incorrect"
    assert "cannot be read" in words[2]
    assert sent.receipts[2].raw == rows[0]
    assert "does not name" in words[3]
    assert (sent.id, sent.state) == (None, State.QUEUED)


def test_all_refused_with_200(hyber: Client, wire: CannedWire) -> None:
    """When everybody is refused the whole is, and each says why."""
    rows = [{"extra_id": each, "accepted": False, "error_code": 99} for each in ("ana", "joe")]
    wire.answer(json={"messages": rows})
    sent = hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE, ANA], options=Options(sync=True)))
    assert sent.state is State.REJECTED
    assert [each.id for each in sent.receipts] == [None, None]


# What became of it


def test_one_bad_row_costs_that_row(hyber: Client, wire: CannedWire) -> None:
    """In 50,000 rows three cannot be read: each is UNKNOWN with what it was, the rest is told."""
    row = {"phone_number": "380961111111", "accepted": True, "status": 2, "substatus": 23}
    rows: list[object] = [{**row, "message_id": str(number)} for number in range(50_000)]
    rows[7] = {"message_id": "seven", "extra_id": "x", "number": 380967777777, "status": "two"}
    rows[8] = None
    rows[9] = {"message_id": 9, "phone_number": [], "extra_id": ""}
    wire.answer(json={"messages": rows})
    status = hyber.status("job:1")
    assert status.counts == {State.DELIVERED: 49_997, State.UNKNOWN: 3}
    assert (status.state, status.is_final, status.expected) == (State.DELIVERED, True, 50_000)
    reports = list(status.reports)
    assert len(reports) == 50_000
    assert [(r.to, r.id, r.reference, r.raw) for r in reports[7:10]] == [
        ("+380967777777", "message:seven", "x", rows[7]),
        (None, None, None, None),
        (None, None, None, rows[9]),
    ]
    assert all("cannot be read" in (report.words or "") for report in reports[7:10])


def test_a_new_code_is_unknown_with_its_words(hyber: Client, wire: CannedWire) -> None:
    """A number that nobody knows keeps the message, and so the whole, UNKNOWN."""
    wire.answer(
        json={"messages": [{"message_id": "1", "error_code": 990, "error_text": "Moon phase"}]}
    )
    status = hyber.status("job:1")
    (report,) = status.reports
    assert (status.state, status.is_final) == (State.UNKNOWN, False)
    assert (report.state, report.code, report.words) == (State.UNKNOWN, 990, "Moon phase")


def test_a_campaign_without_messages(hyber: Client, wire: CannedWire) -> None:
    """Of a campaign that lists nobody nothing is known; an answer without a list is none."""
    wire.answer(json={"messages": []}).answer(json={})
    assert hyber.status("job:1").state is State.UNKNOWN
    with pytest.raises(InvalidAnswer, match="names no messages") as caught:
        hyber.status("job:1")
    assert caught.value.safe_to_retry


ADVANCED = {
    "reports": [
        {
            "time": 1477417199000,
            "phone_number": 380961111111,
            "message_id": "9f60",
            "extra_id": "AD-6640-7006",
            "last_partner": "viber",
            "status": 3,
            "substatus": 35,
            "hyber_status": 35015,
            "status_text": "Viber expired",
        },
        {
            "time": 1477417294667,
            "phone_number": 380961111111,
            "message_id": "9f60",
            "extra_id": "AD-6640-7006",
            "last_partner": "sms",
            "status": 2,
            "substatus": 23,
            "hyber_status": 23011,
            "status_text": "SMS delivered",
            "total_sms_parts": 1,
            "delivered_sms_parts": 1,
        },
    ],
    "started": True,
    "processing": False,
    "delivered_via": "sms",
    "clicks": 2,
    "channels": [{"channel": "viber", "ttl": 60}, {"channel": "sms", "ttl": 300}],
}


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("message:9f60", "/42/api/dr/9f60/advanced"),
        ("extra:AD/6640 7006", "/42/api/dr/external/AD%2F6640%207006/advanced"),
    ],
)
def test_one_message_is_asked_about(hyber: Client, wire: CannedWire, id: str, path: str) -> None:
    """Expired on Viber and delivered as SMS is delivered; the channels' reports are in raw."""
    wire.answer(json=ADVANCED)
    status = hyber.status(id)
    assert (wire.sent[0].method, wire.sent[0].url) == ("GET", f"https://dr-v2.hyber.im{path}")
    assert (status.id, status.state, status.words) == (id, State.DELIVERED, "SMS delivered")
    (report,) = status.reports
    assert (report.to, report.channel, report.code) == ("+380961111111", "sms", 23011)
    assert (report.id, report.reference) == ("message:9f60", "AD-6640-7006")
    assert report.at == datetime(2016, 10, 25, 17, 41, 34, 667000, tzinfo=UTC)
    raw: Any = status.raw
    assert [(each.channel, each.ttl) for each in raw.channels] == [("viber", 60), ("sms", 300)]
    assert raw.reports[0].status_text == "Viber expired"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("get_report_simple", "/42/api/dr/1/simple"),
        ("get_report_simple_by_extra_id", "/42/api/dr/external/1/simple"),
        ("get_report_advanced", "/42/api/dr/1/advanced"),
        ("get_report_advanced_by_extra_id", "/42/api/dr/external/1/advanced"),
    ],
)
def test_every_report_can_be_asked_for(
    hyber: Client, wire: CannedWire, call: str, path: str
) -> None:
    """The generated client asks for short and for detailed reports, by either id."""
    wire.answer(json={"status": 2})
    assert getattr(hyber.api, call)("42", "1").status == 2
    assert wire.sent[0].path == path


# Settings


def test_three_hosts(connect: Connect, wire: CannedWire) -> None:
    """The site is part of each; base_url stands for all, and each can be named by itself."""

    def hosts(**settings: str) -> list[str]:
        hyber = connect(**settings)
        wire.answer(json={"message_id": "m"}).answer(json={"job_id": "j"}).answer(json={})
        hyber.send(Message("+380961111111", text="Hi"))
        hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE]))
        hyber.status("message:m")
        return [each.url.rpartition("/42")[0] for each in wire.sent[-3:]]

    assert hosts() == [f"https://{name}.hyber.im" for name in ("api-v2", "proxy", "dr-v2")]
    assert hosts(site="kyiv") == [
        f"https://{name}-kyiv.hyber.im" for name in ("api-v2", "proxy", "dr-v2")
    ]
    assert hosts(base_url="http://h:1/x/") == ["http://h:1/x"] * 3
    named = {"single_url": "http://s", "campaign_url": "http://c", "report_url": "http://r"}
    assert hosts(**named, base_url="http://h") == ["http://s", "http://c", "http://r"]
    assert hosts(report_url="http://r", site="kyiv") == [
        "https://api-v2-kyiv.hyber.im",
        "https://proxy-kyiv.hyber.im",
        "http://r",
    ]


def test_credentials_outside_ascii(connect: Connect, wire: CannedWire) -> None:
    """Login and password travel as UTF-8."""
    wire.answer(json={"message_id": "m"})
    connect(login="Їжак", password="пароль €").send(Message("+380961111111", text="Hi"))
    scheme, _, encoded = wire.sent[0].headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", "Їжак:пароль €")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"login": "a:b"}, "colon"),
        ({"login": " "}, "login is empty"),
        ({"client_id": ""}, "client_id is empty"),
        ({"password": ""}, "the secret is empty"),
        ({"timezone": "Kyiv"}, "IANA"),
        ({"site": "a/b"}, "site cannot be part"),
        ({"report_url": "dr.hyber.im"}, "base_url does not start with http"),
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, str], words: str) -> None:
    """What cannot be part of a request is refused when connecting."""
    settings: dict[str, Any] = {"login": "l", "password": "p", "client_id": "42", **wrong}
    with pytest.raises(SettingsError, match=words):
        polycast.connect("hyber", **settings)


def test_the_clock_that_start_times_are_written_by(connect: Connect, wire: CannedWire) -> None:
    """The setting chooses the clock, never the moment."""
    body = reply(connect(timezone="Europe/Kyiv"), wire, text="Hi", send_at=FUTURE)
    assert body["start_time"] == "2130-01-01 11:00:00+02:00"


def test_it_cannot_be_controlled(hyber: Client) -> None:
    """Hyber offers no way to pause or stop what it has."""
    with pytest.raises(Unsupported, match="cannot pause"):
        hyber.control("job:1", polycast.Action.PAUSE)
    assert not Hyber.features.actions


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
        '{"job_id": 7, "message_id": 7, "messages": 7}',
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
        with pytest.raises(InvalidAnswer) as caught:
            hyber.status("job:1")
        assert caught.value.safe_to_retry
