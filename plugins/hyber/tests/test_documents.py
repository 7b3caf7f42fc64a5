"""Hyber's own page, "Mass messages sending": each of its examples, and the test that proves it.

The examples stand here by value. Around them the page has slips that concern no byte on the wire:
table cells that end in backslashes, trailing blanks after `false`, a code block that begins
without an empty line, references to a "Section 9" that was never published.

The broadcasts' placeholders are ours there, and Hyber's here.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from polycast import Broadcast, Client, Recipient, State
from polycast.testing import CannedWire
from polycast_hyber import Options, Sms, Viber, WhatsApp
from polycast_hyber._client import models as m

HEAD = {
    "callback_url": "https://send-dr-here.com",
    "start_time": "2020-12-12 10:10:10+03:00",
    "tag": "Campaign name",
    "division_code": "Division code",
}


def messages(text: str) -> list[dict[str, object]]:
    """The two messages of a batch."""
    return [
        {"phone_number": 380961111111, "extra_id": "AD-6640-7006", "text": f"{text}380961111111"},
        {"phone_number": 380962222222, "extra_id": "AD-6640-7007", "text": f"{text}380962222222"},
    ]


ALL_CHANNELS = messages("Text for all channels, recipient #")

PEOPLE = [
    {
        "phone_number": 380961111111,
        "extra_id": "AD-6640-7006",
        "name": "Michael",
        "greeting": "Mr. ",
    },
    {"phone_number": 380962222222, "extra_id": "AD-6640-7007", "name": "Zoya", "greeting": "Ms. "},
]
FILES = [
    {
        "phone_number": 380961111111,
        "extra_id": "AD-6640-7006",
        "name": "Name_for_document1.docx",
        "url": "https://example.com/file1.docx",
    },
    {
        "phone_number": 380962222222,
        "extra_id": "AD-6640-7007",
        "name": "Name_for_document2.docx",
        "url": "https://example.com/file2.docx",
    },
]
BUTTON = {
    "img": "https://example.com/image.png",
    "caption": "Click the button",
    "action": "https://example.com",
}
SESSION = {
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

#: The requests of the page, by where they stand there.
REQUESTS: dict[str, dict[str, Any]] = {
    "batch, Viber+SMS": {
        "messages": ALL_CHANNELS,
        "channels": ["viber", "sms"],
        "channel_options": {
            "viber": {"ttl": 60, "device": "phone", **BUTTON, "ctr": False},
            "sms": {"alpha_name": "GMSU", "ttl": 300, "ctr": False},
        },
    },
    "batch, Viber, template": {
        "messages": messages("Templated text for Viber, recipient #"),
        "channels": ["viber"],
        "channel_options": {"viber": {"ttl": 60, "device": "phone", "ctr": False}},
    },
    "batch, Viber, non-template": {
        "messages": ALL_CHANNELS,
        "channels": ["viber"],
        "channel_options": {"viber": {"ttl": 60, "device": "phone", **BUTTON, "ctr": False}},
    },
    "batch, Viber with alpha_name": {
        "messages": ALL_CHANNELS,
        "channels": ["viber"],
        "channel_options": {
            "viber": {"ttl": 60, "device": "phone", "alpha_name": "GMSU", **BUTTON, "ctr": False}
        },
    },
    "batch, SMS": {
        "messages": ALL_CHANNELS,
        "channels": ["sms"],
        "channel_options": {"sms": {"alpha_name": "GMSU", "ttl": 300, "ctr": False}},
    },
    "batch, WhatsApp, template": {
        "messages": messages("Templated text for WhatsApp, recipient #"),
        "channels": ["whatsapp"],
        "channel_options": {"whatsapp": {"ttl": 604800, "ctr": False}},
    },
    "batch, WhatsApp, session": {
        "messages": messages("Session text for WhatsApp, recipient #"),
        "channels": ["whatsapp"],
        "channel_options": {"whatsapp": {"ttl": 604800, **SESSION, "ctr": False}},
    },
    "broadcast, Viber+SMS": {
        "recipients": PEOPLE,
        "channels": ["viber", "sms"],
        "channel_options": {
            "viber": {
                "text": "Dear %greeting% %name%! Here is a Viber message for you",
                "ttl": 60,
                "device": "phone",
                **BUTTON,
                "ctr": False,
            },
            "sms": {
                "text": "Dear %greeting% %name%! Here is an SMS",
                "alpha_name": "GMSU",
                "ttl": 300,
                "ctr": False,
            },
        },
    },
    "broadcast, Viber, template": {
        "recipients": PEOPLE,
        "channels": ["viber"],
        "channel_options": {
            "viber": {
                "text": "Dear %greeting% %name%! Here is a Viber templated message for you",
                "ttl": 60,
                "device": "phone",
                "ctr": False,
            }
        },
    },
    "broadcast, Viber, non-template": {
        "recipients": PEOPLE,
        "channels": ["viber"],
        "channel_options": {
            "viber": {
                "text": "Dear %greeting% %name%! Here is a Viber message for you",
                "ttl": 60,
                "device": "phone",
                **BUTTON,
                "ctr": False,
            }
        },
    },
    "broadcast, Viber with alpha_name": {
        "recipients": PEOPLE,
        "channels": ["viber"],
        "channel_options": {
            "viber": {
                "text": "Dear %greeting% %name%! Here is a Viber message for you",
                "ttl": 60,
                "device": "phone",
                "alpha_name": "GMSU",
                **BUTTON,
                "ctr": False,
            }
        },
    },
    "broadcast, Viber, File Only": {
        "recipients": FILES,
        "channels": ["viber"],
        "channel_options": {
            "viber": {
                "ttl": 60,
                "device": "phone",
                "file_name": "%name%",
                "action": "%url%",
                "ctr": False,
            }
        },
    },
    "broadcast, SMS": {
        "recipients": PEOPLE,
        "channels": ["sms"],
        "channel_options": {
            "sms": {
                "text": "Dear %greeting% %name%! Here is an SMS",
                "alpha_name": "GMSU",
                "ttl": 300,
                "ctr": False,
            }
        },
    },
    "broadcast, WhatsApp, template": {
        "recipients": PEOPLE,
        "channels": ["whatsapp"],
        "channel_options": {
            "whatsapp": {
                "text": "Dear %greeting% %name%! Here is a WhatsApp templated message for you",
                "ttl": 604800,
                "ctr": False,
            }
        },
    },
    "broadcast, WhatsApp, session": {
        "recipients": PEOPLE,
        "channels": ["whatsapp"],
        "channel_options": {
            "whatsapp": {
                "text": "Dear %greeting% %name%! Here is a WhatsApp session message for you",
                "ttl": 604800,
                **SESSION,
                "ctr": False,
            }
        },
    },
}

JOB = {"job_id": "66591729-cb47-5ef9-964b-949dc6aff84f"}
SYNC = {
    "messages": [
        {
            "processed": True,
            "phone_number": "380961111111",
            "message_id": "9f60ac8f-e721-5027-b838-e6fcb95fcd7a",
            "extra_id": "AD-6640-7006",
            "accepted": True,
        },
        {
            "processed": True,
            "phone_number": "380962222222",
            "message_id": "e5ea7286-6849-52d7-9e1b-8719b736283e",
            "extra_id": "AD-6640-7007",
            "accepted": True,
        },
    ]
}
STATUS = {
    "messages": [
        {
            "time": 1477417299000,
            "phone_number": "380962222222",
            "message_id": "e5ea7286-6849-52d7-9e1b-8719b736283e",
            "extra_id": "AD-6640-7007",
            "processed": False,
            "accepted": True,
            "total_sms_parts": 1,
            "error_text": "SMS expired",
            "error_code": 35015,
            "clicks": 0,
        },
        {
            "time": 1477417294667,
            "phone_number": "380961111111",
            "message_id": "9f60ac8f-e721-5027-b838-e6fcb95fcd7a",
            "extra_id": "AD-6640-7006",
            "processed": False,
            "accepted": True,
            "total_sms_parts": 1,
            "delivered_sms_parts": 1,
            "status_text": "SMS delivered",
            "status": 2,
            "substatus": 23,
            "hyber_status": 23011,
            "clicks": 2,
        },
    ]
}

#: Every example of the page, and the test that proves it.
EXAMPLES = {
    **dict.fromkeys(REQUESTS, "test_the_request_is_written"),
    "the addresses of batch and broadcast, both kinds": "test_the_addresses",
    "the response with a job_id": "test_the_campaign_is_read",
    "the response of /sync": "test_the_judged_messages_are_read",
    "the address of a campaign's status": "test_the_campaign_status_is_read",
    "the campaign's status": "test_the_campaign_status_is_read",
}

# The same in our words.

MINUTE = timedelta(seconds=60)
VIBER: dict[str, Any] = {"ttl": MINUTE, "device": "phone", "count_clicks": False}
WITH_BUTTON: dict[str, Any] = {
    **VIBER,
    "image": "https://example.com/image.png",
    "caption": "Click the button",
    "action": "https://example.com",
}
SMS = Sms(sender="GMSU", ttl=timedelta(seconds=300), count_clicks=False)
WEEK = timedelta(days=7)
IN_SESSION = WhatsApp(
    ttl=WEEK,
    image="https://example.com/image.png",
    image_name="Name for image",
    document="https://example.com/file.docx",
    document_name="Name for document",
    audio="https://example.com/audio.mp3",
    video="https://example.com/video.mp4",
    video_name="Name for video",
    latitude="50.438820",
    longitude="30.498916",
    count_clicks=False,
)
TEMPLATE = WhatsApp(ttl=WEEK, count_clicks=False)

DEAR = "Dear {greeting} {name}! Here is "


def said(
    text: str | None, *channels: str, own: bool = False, files: bool = False, **options: Any
) -> Broadcast:
    """A broadcast of the page: to its two people, or with `own` texts, or with files."""
    numbers = ("380961111111", "380962222222")
    variables: list[dict[str, str]] = [{}, {}]
    if files:
        variables = [{"name": str(each["name"]), "url": str(each["url"])} for each in FILES]
    elif not own:
        variables = [{"name": str(p["name"]), "greeting": str(p["greeting"])} for p in PEOPLE]
    return Broadcast(
        recipients=[
            Recipient(
                f"+{number}",
                variables[place],
                text=f"{text}{number}" if own else None,
                reference=f"AD-6640-700{6 + place}",
            )
            for place, number in enumerate(numbers)
        ],
        text=None if own else text,
        channels=channels,
        callback_url="https://send-dr-here.com",
        send_at=datetime(2020, 12, 12, 10, 10, 10, tzinfo=timezone(timedelta(hours=3))),
        name="Campaign name",
        options=Options(division_code="Division code", **options),
    )


ALL = "Text for all channels, recipient #"
BROADCASTS = {
    "batch, Viber+SMS": said(ALL, "viber", "sms", own=True, viber=Viber(**WITH_BUTTON), sms=SMS),
    "batch, Viber, template": said(
        "Templated text for Viber, recipient #", "viber", own=True, viber=Viber(**VIBER)
    ),
    "batch, Viber, non-template": said(ALL, "viber", own=True, viber=Viber(**WITH_BUTTON)),
    "batch, Viber with alpha_name": said(
        ALL, "viber", own=True, viber=Viber(**WITH_BUTTON, sender="GMSU")
    ),
    "batch, SMS": said(ALL, "sms", own=True, sms=SMS),
    "batch, WhatsApp, template": said(
        "Templated text for WhatsApp, recipient #", "whatsapp", own=True, whatsapp=TEMPLATE
    ),
    "batch, WhatsApp, session": said(
        "Session text for WhatsApp, recipient #", "whatsapp", own=True, whatsapp=IN_SESSION
    ),
    "broadcast, Viber+SMS": said(
        f"{DEAR}a Viber message for you",
        "viber",
        "sms",
        viber=Viber(**WITH_BUTTON),
        sms=Sms(
            text=f"{DEAR}an SMS",
            sender="GMSU",
            ttl=timedelta(minutes=5),
            count_clicks=False,
        ),
    ),
    "broadcast, Viber, template": said(
        f"{DEAR}a Viber templated message for you", "viber", viber=Viber(**VIBER)
    ),
    "broadcast, Viber, non-template": said(
        f"{DEAR}a Viber message for you", "viber", viber=Viber(**WITH_BUTTON)
    ),
    "broadcast, Viber with alpha_name": said(
        f"{DEAR}a Viber message for you", "viber", viber=Viber(**WITH_BUTTON, sender="GMSU")
    ),
    "broadcast, Viber, File Only": said(
        None, "viber", files=True, viber=Viber(**VIBER, file_name="{name}", action="{url}")
    ),
    "broadcast, SMS": said(f"{DEAR}an SMS", "sms", sms=SMS),
    "broadcast, WhatsApp, template": said(
        f"{DEAR}a WhatsApp templated message for you", "whatsapp", whatsapp=TEMPLATE
    ),
    "broadcast, WhatsApp, session": said(
        f"{DEAR}a WhatsApp session message for you", "whatsapp", whatsapp=IN_SESSION
    ),
}


def test_every_example_is_proved() -> None:
    """The table names tests that are there, and each request has its words."""
    assert all(callable(globals().get(test)) for test in EXAMPLES.values())
    assert list(BROADCASTS) == list(REQUESTS)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_request_is_written(hyber: Client, wire: CannedWire, name: str) -> None:
    """Our words become exactly that request."""
    wire.answer(json=JOB)
    hyber.send_bulk(BROADCASTS[name])
    (sent,) = wire.sent
    assert sent.json == {**HEAD, **REQUESTS[name]}
    assert sent.path == ("/42/batch" if name.startswith("batch") else "/42/broadcast")
    assert sent.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", REQUESTS)
def test_the_request_is_understood(name: str) -> None:
    """The generated client reads that request, and writes it again as it was."""
    kind = m.NewBatch if name.startswith("batch") else m.NewBroadcast
    request = {**HEAD, **REQUESTS[name]}
    converter = m.CONVERTERS["json"]
    assert converter.unstructure(converter.structure(request, kind)) == request


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("name", ["batch", "broadcast"])
def test_the_addresses(connect: Any, wire: CannedWire, name: str, sync: bool) -> None:
    """Both kinds of sending go to the campaigns' host, with the site and the client in it."""
    wire.answer(json=SYNC if sync else JOB)
    people = [Recipient("+380961111111", text="Hi" if name == "batch" else None)]
    connect(site="kyiv").send_bulk(
        Broadcast(recipients=people, text="Hello", options=Options(sync=sync))
    )
    (sent,) = wire.sent
    assert (sent.method, sent.url) == (
        "POST",
        f"https://proxy-kyiv.hyber.im/42/{name}" + ("/sync" if sync else ""),
    )
    assert sent.headers["Authorization"].startswith("Basic ")


def test_the_campaign_is_read(hyber: Client, wire: CannedWire) -> None:
    """A job_id becomes the broadcast's id; the recipients go by their extra ids until then."""
    wire.answer(json=JOB)
    sent = hyber.send_bulk(BROADCASTS["broadcast, SMS"])
    assert (sent.id, sent.state) == ("job:66591729-cb47-5ef9-964b-949dc6aff84f", State.QUEUED)
    assert [(each.id, each.state, each.to, each.reference) for each in sent.receipts] == [
        ("extra:AD-6640-7006", State.QUEUED, "+380961111111", "AD-6640-7006"),
        ("extra:AD-6640-7007", State.QUEUED, "+380962222222", "AD-6640-7007"),
    ]


def test_the_judged_messages_are_read(hyber: Client, wire: CannedWire) -> None:
    """Each message has an id; there is no campaign to ask about."""
    wire.answer(json=SYNC)
    sent = hyber.send_bulk(
        said(f"{DEAR}an SMS", "sms", sms=SMS, sync=True),
    )
    assert (sent.id, sent.state) == (None, State.QUEUED)
    assert [(each.id, each.state, each.to, each.reference) for each in sent.receipts] == [
        (
            "message:9f60ac8f-e721-5027-b838-e6fcb95fcd7a",
            State.QUEUED,
            "+380961111111",
            "AD-6640-7006",
        ),
        (
            "message:e5ea7286-6849-52d7-9e1b-8719b736283e",
            State.QUEUED,
            "+380962222222",
            "AD-6640-7007",
        ),
    ]


def test_the_campaign_status_is_read(hyber: Client, wire: CannedWire) -> None:
    """One expired, one delivered; `processed: false` means nothing, and times are milliseconds."""
    wire.answer(json=STATUS)
    status = hyber.status("job:66591729-cb47-5ef9-964b-949dc6aff84f")
    (asked,) = wire.sent
    assert (asked.method, asked.url) == (
        "GET",
        "https://proxy.hyber.im/42/status/66591729-cb47-5ef9-964b-949dc6aff84f",
    )
    assert (status.state, status.is_final) == (State.DELIVERED, True)
    assert status.counts == {State.EXPIRED: 1, State.DELIVERED: 1}
    assert status.expected == 2
    assert status.finished_at == datetime(2016, 10, 25, 17, 41, 39, tzinfo=UTC)
    expired, delivered = status.reports
    assert (expired.to, expired.state, expired.detail, expired.code) == (
        "+380962222222",
        State.EXPIRED,
        "SMS expired",
        35015,
    )
    assert (expired.id, expired.reference) == (
        "message:e5ea7286-6849-52d7-9e1b-8719b736283e",
        "AD-6640-7007",
    )
    assert (delivered.to, delivered.state, delivered.detail, delivered.code) == (
        "+380961111111",
        State.DELIVERED,
        "SMS delivered",
        23011,
    )
    assert delivered.at == datetime(2016, 10, 25, 17, 41, 34, 667000, tzinfo=UTC)
    raw: Any = delivered.raw
    assert (raw.clicks, raw.total_sms_parts, raw.delivered_sms_parts) == (2, 1, 1)
    assert m.CONVERTERS["json"].unstructure(status.raw) == STATUS
