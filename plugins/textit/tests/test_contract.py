"""TextIt keeps what every provider promises."""

from pathlib import Path
from uuid import UUID

import pytest
from polycast import (
    AccountBlocked,
    AuthenticationFailed,
    Message,
    NotFound,
    RateLimited,
    Rejected,
    State,
)
from polycast.sandbox import Answer, Clock
from polycast.testing import WORD, ProviderContract, Refusal, Vocabulary
from polycast_textit import Options, QuickReply
from polycast_textit.sandbox import TextItSandbox
from polycast_textit.sandbox.state import Media

#: A file that the workspace already holds.
HELD = UUID("b97f69f7-5edf-45c7-9fda-d37066eae91d")
JOE = "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"


def shaped(body: str, words: str) -> Refusal:
    """One of the shapes that a refusal has, as the answer to a send."""
    return Refusal(Rejected, answer=Answer(400, body, "application/json"), detail=words)


class Workspace(TextItSandbox):
    """A fake TextIt server that holds a picture."""

    def __init__(self, clock: Clock | None = None, **settings: object) -> None:
        super().__init__(clock, **settings)  # type: ignore[arg-type]
        picture = Media(HELD, "image/png", f"https://textit.com/{HELD}.png", "menu.png", 4)
        self.workspace.media.append(picture)


class TestContract(ProviderContract):
    """TextIt, at its fake server."""

    provider = "textit"
    sandbox = Workspace
    address = "+250788123123"
    respelled = ("+4407712345678", "twitter:@Bobby")
    addresses = {"contact": f"contact:{JOE}", "group": "group:Customers", "mailto": "mailto:a@b.rw"}
    options = (
        Options(base_language="eng", translations={"spa": "Tu mesa"}),
        Options(attachments=[str(HELD)], quick_replies=[QuickReply("Yes")]),
    )
    vocabulary = (
        # "Status values and mapping", Broadcast.
        Vocabulary(
            id="1234",
            answers='{"next": null, "previous": null, "results": [{"id": 1234, "urns": [], '
            f'"contacts": [], "groups": [], "text": {{"eng": "Hi"}}, "status": "{WORD}", '
            '"created_on": "2013-03-02T17:28:12.123456Z"}]}',
            words={
                "pending": State.QUEUED,
                "queued": State.QUEUED,
                "started": State.SENDING,
                "completed": State.SENT,
                "failed": State.FAILED,
                "interrupted": State.CANCELLED,
                "sent": State.SENT,
            },
        ),
        # "Status values and mapping", Message.
        Vocabulary(
            id="1234",
            answers=(
                '{"next": null, "previous": null, "results": [{"id": 1234, "urns": [], '
                '"contacts": [], "groups": [], "text": {"eng": "Hi"}, "status": "completed", '
                '"created_on": "2013-03-02T17:28:12.123456Z"}]}',
                '{"next": null, "previous": null, "results": [{"id": 1, "broadcast": 1234, '
                f'"contact": {{"uuid": "{JOE}", "name": "Joe"}}, "urn": "tel:+250788123123", '
                f'"direction": "out", "type": "text", "status": "{WORD}", "text": "Hi", '
                '"created_on": "2013-03-02T17:28:12.123456Z"}]}',
            ),
            reports=True,
            words={
                "queued": State.QUEUED,
                "wired": State.SENDING,
                "sent": State.SENT,
                "delivered": State.DELIVERED,
                "read": State.READ,
                "errored": State.SENDING,
                "failed": State.FAILED,
            },
        ),
    )
    refusals = (
        Refusal(
            Rejected,
            lambda client: client.send(Message("+250788120000", text="Hello")),
            detail="urns[0]: Invalid URN: tel:+250788120000.",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("group:Nobody", text="Hello")),
            detail="groups: No such object: Nobody",
        ),
        Refusal(AccountBlocked, sandbox={"blocked": "suspended"}, detail="is currently suspended"),
        Refusal(AuthenticationFailed, settings={"token": "another"}, detail="Invalid token"),
        Refusal(
            RateLimited,
            lambda client: [client.send(Message("+250788123123", text="Hi")) for _ in range(2)],
            sandbox={"requests_per_hour": 1},
            detail="Request was throttled.",
        ),
        Refusal(NotFound, lambda client: client.status("99")),
        # "Error body shapes".
        shaped('{"groups": ["No such object: 123456"]}', "groups: No such object: 123456"),
        shaped('{"non_field_errors": ["Must provide either text."]}', "Must provide either text."),
        shaped('{"urns": {"0": ["Invalid URN: foo:bar."]}}', "urns[0]: Invalid URN: foo:bar."),
        shaped('{"text": {"base": ["Not an allowed code."]}}', "text.base: Not an allowed code."),
        shaped('{"detail": "Value for id must be an integer"}', "Value for id must be an integer"),
        shaped('["Msg1", "Msg2"]', "Msg1; Msg2"),
        shaped("XYZ", "XYZ"),
    )

    @pytest.fixture(autouse=True)
    def _picture(self, tmp_path: Path) -> None:
        """TextIt attaches files, and no addresses."""
        pictures = tmp_path / "menu.png", tmp_path / "wine.png"
        for picture in pictures:
            picture.write_bytes(b"\x89PNG")
        self.media = pictures
