"""What cannot be told Hyber is refused in a sentence, before any request."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from polycast import Broadcast, Client, Message, Recipient, Unsupported, UsageError
from polycast_hyber import Options, Push, Sms, Viber, WhatsApp

TO = "+380961111111"
JOE = Recipient(TO, {"name": "Joe"})
OWN = Recipient(TO, {"name": "Joe"}, text="Just you")
ANA = Recipient("+380962222222", text="Just Ana")
NAMED = Recipient("+380962222222", {"name": "Ana"}, text="Just Ana")
FILE = Viber(file_name="a.pdf", action="https://example.com/a.pdf")
IMAGE = "https://example.com/a.png"


def one(**content: Any) -> Callable[[], Message]:
    return lambda: Message(TO, **{"text": "Hi", **content})


def many(*recipients: Recipient, **content: Any) -> Callable[[], Broadcast]:
    return lambda: Broadcast(recipients=recipients or [JOE], **{"text": "Hi", **content})


REFUSED: list[tuple[Callable[[], Message | Broadcast], str]] = [
    # Channels
    (one(channels=["telegram"]), "does not send by 'telegram'"),
    (one(channels=["sms", "sms"]), "names one twice"),
    (one(channels=["sms"], options=Options(viber=Viber(device="all"))), "options for viber"),
    (
        one(options=Options(viber=Viber(device="all"), sms=Sms(sender="A"))),
        "options for viber and sms: say in channels",
    ),
    # Addresses
    (lambda: Message("mailto:a@example.org", text="Hi"), "does not take 'mailto'"),
    (lambda: Message("tel:112", text="Hi"), "'tel:112' is not a phone number"),
    (lambda: Message("tel:0961111111", text="Hi"), "not a phone number"),
    (many(Recipient("tel:+38 096")), "not a phone number"),
    # Nothing to say
    (one(text=None), "nothing to say"),
    (one(text=None, channels=["viber"], options=Options(viber=Viber(device="all"))), "by viber"),
    (one(text=None, channels=["sms"], options=Options(tag="x")), "nothing to say by sms"),
    (
        one(text=None, media=[IMAGE], channels=["viber", "sms"]),
        "nothing to say by sms",
    ),
    (one(text=None, channels=["push"], options=Options(push=Push(title="T"))), "to say by push"),
    (one(text=None, options=Options(viber=Viber(caption="Go"))), "nothing to say by viber"),
    (one(text=None, options=Options(whatsapp=WhatsApp(video_name="V"))), "say by whatsapp"),
    (one(text=None, options=Options(viber=Viber(file_name="a.pdf"))), "A file on viber needs"),
    (one(channels=["push"]), "push needs a title"),
    # Said, and used by nobody
    (one(options=Options(sms=Sms(text="Own"))), "text: sms can either not carry it"),
    (one(channels=["viber"], options=Options(viber=FILE)), "text: viber"),
    (one(sender="A", options=Options(sms=Sms(sender="B"))), "sender: sms"),
    (one(sender="A", channels=["whatsapp"]), "sender: whatsapp"),
    (
        one(ttl=timedelta(hours=1), options=Options(sms=Sms(ttl=timedelta(hours=2)))),
        "ttl: sms",
    ),
    (one(media=[IMAGE]), "media .image.: sms"),
    (
        one(media=[IMAGE], options=Options(viber=Viber(image=IMAGE))),
        "media .image.: viber",
    ),
    # Media
    (one(media=[Path("a.png")], channels=["viber"]), "takes no files"),
    (one(media=[IMAGE, IMAGE], channels=["viber"]), "one image"),
    (one(media=["https://example.com/a"], channels=["viber"]), "does not tell by its ending"),
    (one(media=["ftp://example.com/a.png"], channels=["viber"]), "from the web alone"),
    (one(media=["https://example.com/a.pdf"], channels=["viber"]), "no document by viber"),
    (one(media=["https://example.com/a.mp4"], channels=["whatsapp", "push"],
         options=Options(push=Push(title="T"))), "no video by push"),
    (one(media=[f"{IMAGE}?{'x' * 256}.png"], channels=["viber"]), "img of viber has"),
    # Times to live
    (one(ttl=timedelta(seconds=299)), "sms takes a ttl of 300 to 259200 seconds"),
    (one(ttl=timedelta(days=4)), "not 345600"),
    (one(ttl=timedelta(seconds=600.5)), "whole seconds"),
    (one(ttl=timedelta(hours=1), channels=["whatsapp", "sms"]), "whatsapp takes a ttl of 604800"),
    (one(options=Options(viber=Viber(ttl=timedelta(seconds=39)))), "viber takes a ttl of 40 to"),
    (one(options=Options(push=Push(title="T", ttl=timedelta(seconds=29)))), "of 30 to 86400"),
    # Lengths
    (one(text="x" * 1001, channels=["viber"]), "1001 characters; hyber takes 1000"),
    (one(text="x" * 766), "text of sms has 766"),
    (one(text="x" * 764 + "€"), "text of sms has 766 characters; hyber takes 765"),
    (one(text="ї" * 336), "text of sms has 336 characters; hyber takes 335"),
    (many(OWN, Recipient(TO, text="ї" * 336)), "Recipient 2, .* has 336 characters; .* takes 335"),
    (one(options=Options(viber=Viber(caption="x" * 31))), "caption of viber has 31"),
    (one(options=Options(viber=Viber(action="x" * 257))), "action of viber has 257"),
    (one(options=Options(viber=Viber(image="x" * 257))), "img of viber has 257"),
    (one(options=Options(viber=Viber(file_name="x" * 26, action="a")), text=None), "file_name of"),
    (one(options=Options(whatsapp=WhatsApp(image="x" * 257))), "img of whatsapp has 257"),
    (one(options=Options(whatsapp=WhatsApp(document_name="x" * 1001))), "doc_name of whatsapp"),
    (one(options=Options(push=Push(title="x" * 21))), "title of push has 21"),
    (one(sender="Restaurant 12"), "alpha_name of sms has 13 characters; hyber takes 11"),
    (one(sender="Їжа"), "GSM 7-bit"),
    (one(callback_url="https://example.com/" + "x" * 250), "callback_url has 270"),
    (one(options=Options(tag="x" * 65)), "tag has 65"),
    (many(name="x" * 65), "tag has 65 characters; hyber takes 64; Options"),
    (one(options=Options(division_code="x" * 101)), "division_code has 101"),
    (one(options=Options(reference="x" * 65)), "more than 64 characters"),
    (many(Recipient(TO, reference="x" * 65)), "more than 64 characters"),
    (many(OWN, Recipient(TO, text="x" * 1001), channels=["viber"]), "Recipient 2, .* has 1001"),
    # Times
    (one(send_at=datetime.max.replace(tzinfo=UTC)), "out of reach"),
    # Templates
    (many(text="Hi {phone_number}"), "lacks|cannot be a variable"),
    (
        many(Recipient(TO, {"extra_id": "1"}), text="Hi {extra_id}"),
        "cannot be a variable",
    ),
    (many(text="{table}"), "lacks {table}, which the text needs"),
    (many(options=Options(viber=Viber(action="{url}"))), "lacks what the options need: {url}"),
    (many(options=Options(viber=Viber(action="{"))), "viber, action: The text has a single"),
    (many(options=Options(sms=Sms(text="{a b}"), ), text=None), "sms, text: .* placeholder"),
    (many(text="5%of{name}"), "taken for a variable"),
    (one(options=Options(viber=Viber(caption="{name}"))), "a message to one recipient has no"),
    # Texts of their own
    (
        many(OWN, NAMED, options=Options(viber=Viber(caption="{name}"))),
        "The options hold {name}, and some recipient has a text",
    ),
    (many(OWN, ANA, options=Options(viber=Viber(text="Own"))), "viber has a text of its own"),
    (many(OWN, ANA, options=Options(viber=FILE)), "viber has a text of its own, or a file"),
    (
        many(OWN, Recipient(TO), text=None, options=Options(tag="x")),
        "Recipient 2, .* nothing to say by sms",
    ),
    # References
    (many(JOE, ANA, options=Options(reference="r")), "give each Recipient a reference"),
    (many(Recipient(TO, reference="a"), options=Options(reference="r")), "give each Recipient"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_told(
    hyber: Client, make: Callable[[], Message | Broadcast], words: str
) -> None:
    """No request leaves: the wire has no answer to give."""
    request = make()
    with pytest.raises(UsageError, match=words):
        hyber.send(request) if isinstance(request, Message) else hyber.send_bulk(request)


def test_sms_without_a_sender(connect: Callable[..., Client]) -> None:
    """Hyber's SMS need one, and the account has none."""
    with pytest.raises(UsageError, match="set sms_sender"):
        connect(sms_sender=None).send(Message(TO, text="Hi"))


MEANINGLESS: list[tuple[Callable[[], object], str]] = [
    (lambda: Viber(caption=" "), "caption is a text that is not empty"),
    (lambda: Viber(caption=5), "caption is a text that is not empty, not 5"),  # type: ignore[arg-type]
    (lambda: Viber(text="\ud800"), "half a character"),
    (lambda: Viber(ttl=60), "ttl is a timedelta, not 60"),  # type: ignore[arg-type]
    (lambda: Viber(count_clicks="no"), "count_clicks is True or False"),  # type: ignore[arg-type]
    (lambda: Viber(file_size=-1), "file_size is a number of 0 up"),
    (lambda: Viber(duration="long"), "duration is a number"),
    (lambda: Viber(duration=float("nan")), "duration is a number"),
    (lambda: Viber(duration=True), "duration is a number"),
    (lambda: WhatsApp(latitude=90.1), "latitude is a number from -90 to 90"),
    (lambda: WhatsApp(latitude="-91"), "latitude is a number"),
    (lambda: WhatsApp(longitude="east"), "longitude is a number from -180 to 180"),
    (lambda: WhatsApp(longitude=[]), "longitude is a number"),  # type: ignore[arg-type]
    (lambda: Options(viber=Sms(sender="A")), "viber is a polycast_hyber.Viber"),  # type: ignore[arg-type]
    (lambda: Options(sync="yes"), "sync is True or False"),  # type: ignore[arg-type]
    (lambda: Options(tag=""), "tag is a text"),
]


@pytest.mark.parametrize(("make", "words"), MEANINGLESS, ids=[words for _, words in MEANINGLESS])
def test_options_that_mean_nothing(make: Callable[[], object], words: str) -> None:
    """They are refused where they are written down."""
    with pytest.raises(UsageError, match=words):
        make()


def test_a_place_may_be_a_template() -> None:
    """A number given as text may hold a placeholder."""
    assert WhatsApp(latitude="{lat}").latitude == "{lat}"


def test_what_is_offered_instead_is_named(hyber: Client) -> None:
    """Options of another provider are not Hyber's."""
    with pytest.raises(Unsupported, match=r"polycast_hyber\.Options"):
        hyber.send(Message(TO, text="Hi", options={"viber": {}}))
