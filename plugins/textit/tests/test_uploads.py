"""Local files: uploaded first, once, and never at the price of doubt about the message."""

from pathlib import Path
from typing import Any

import pytest
from polycast import (
    Broadcast,
    Client,
    Message,
    ProviderUnavailable,
    Rejected,
    UsageError,
)
from polycast.testing import CannedWire

UUID = "b97f69f7-5edf-45c7-9fda-d37066eae91d"
OTHER = "0199bb93-ec0f-703b-9b5b-d26d4b6b133c"


def media(uuid: str = UUID) -> dict[str, Any]:
    return {"uuid": uuid, "content_type": "image/png", "url": "https://x.example/a.png"}


def test_a_file_is_uploaded_before_the_broadcast(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path
) -> None:
    """One multipart part named `file` with name and type; its UUID is then attached."""
    picture = tmp_path / "steve marten.jpg"
    picture.write_bytes(b"\xff\xd8 picture")
    wire.answer(201, json=media()).answer(201, json=told())
    textit.send(Message("+250788123123", text="Hello", media=[picture]))
    upload, create = wire.sent
    assert upload.url == "https://textit.com/api/v2/media.json"
    assert upload.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="steve marten.jpg"' in upload.body
    assert b"Content-Type: image/jpeg\r\n\r\n\xff\xd8 picture\r\n" in upload.body
    assert create.json["attachments"] == [UUID]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.webp", "image/webp"),
        ("a.AVIF", "image/avif"),
        ("a.apng", "image/apng"),
        ("a.pdf", "application/pdf"),
        ("a.mp3", "audio/mpeg"),
        ("a.mp4", "video/mp4"),
        ("a.strange", "application/octet-stream"),
    ],
)
def test_a_file_goes_by_its_type(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path, name: str, kind: str
) -> None:
    """The type is that of the name, on every machine; TextIt judges it."""
    (tmp_path / name).write_bytes(b"x")
    wire.answer(201, json=media()).answer(201, json=told())
    textit.send(Message("+250788123123", media=[tmp_path / name]))
    assert f"Content-Type: {kind}\r\n".encode() in wire.sent[0].body


def test_a_file_is_uploaded_once(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path
) -> None:
    """A broadcast in several calls, and later messages, name the file that TextIt holds."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    wire.answer(201, json=media())
    for _ in range(3):
        wire.answer(201, json=told())
    numbers = [f"+2507881{number:05}" for number in range(101)]
    textit.send_bulk(Broadcast(text="Hello", recipients=numbers, media=[picture, picture]))
    textit.send(Message("+250788123123", text="Hello", media=[picture]))
    assert [sent.path.rpartition("/")[2] for sent in wire.sent] == [
        "media.json",
        "broadcasts.json",
        "broadcasts.json",
        "broadcasts.json",
    ]
    assert [sent.json["attachments"] for sent in wire.sent[1:]] == [[UUID, UUID]] * 2 + [[UUID]]


def test_a_changed_file_is_another(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path
) -> None:
    """A file is known by its bytes, so an edited one is uploaded again."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    wire.answer(201, json=media()).answer(201, json=told())
    textit.send(Message("+250788123123", media=[picture]))
    picture.write_bytes(b"y")
    wire.answer(201, json=media(OTHER)).answer(201, json=told())
    textit.send(Message("+250788123123", media=[picture]))
    assert wire.sent[-1].json["attachments"] == [OTHER]


def test_a_file_that_cannot_be_sent_stops_everything(
    textit: Client, wire: CannedWire, tmp_path: Path
) -> None:
    """Missing, empty, too large, no file: a sentence, and not even the good file leaves."""
    good, empty, large = (tmp_path / name for name in ("good.png", "empty.png", "large.mp4"))
    good.write_bytes(b"x")
    empty.touch()
    with large.open("wb") as file:
        file.truncate(25 * 2**20 + 1)
    for bad, words in (
        (tmp_path / "missing.png", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (empty, "is empty"),
        (large, r"has 25\.0 MB: textit takes at most 25 MB"),
    ):
        with pytest.raises(UsageError, match=words):
            textit.send(Message("+250788123123", text="Hello", media=[good, bad]))
    assert wire.sent == []


def test_what_is_wrong_with_the_message_is_said_before_files_leave(
    textit: Client, wire: CannedWire, tmp_path: Path
) -> None:
    """A message that will be refused here costs no upload."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    with pytest.raises(UsageError, match="characters"):
        textit.send(Message("+250788123123", text="x" * 4097, media=[picture]))
    assert wire.sent == []


def test_a_refused_file_sends_no_message(textit: Client, wire: CannedWire, tmp_path: Path) -> None:
    """TextIt's own words come through, and no broadcast is created."""
    picture = tmp_path / "a.exe"
    picture.write_bytes(b"x")
    wire.answer(400, json={"file": ["Unsupported file type."]})
    with pytest.raises(Rejected, match=r"upload_media .*file: Unsupported file type\.") as caught:
        textit.send(Message("+250788123123", media=[picture]))
    assert caught.value.operation == "upload_media"


@pytest.mark.parametrize("answer", ["lost", "html", "500"])
def test_a_lost_upload_leaves_no_doubt_about_the_message(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path, answer: str
) -> None:
    """At worst a file lies unused at TextIt: nobody was sent anything, and trying is safe."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    if answer == "lost":
        wire.lose()
    elif answer == "html":
        wire.answer(200, "<html><title>Hello</title></html>")
    else:
        wire.answer(500, "Server Error. Site administrators have been notified.")
    message = Message("+250788123123", text="Hello", media=[picture])
    with pytest.raises(ProviderUnavailable, match="so the message was not sent") as caught:
        textit.send(message)
    assert caught.value.safe_to_retry
    assert len(wire.sent) == 1
    wire.answer(201, json=media()).answer(201, json=told())
    assert textit.send(message).id == "1234"
