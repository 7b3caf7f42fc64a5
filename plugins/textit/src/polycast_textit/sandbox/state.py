"""What a workspace holds, and how its broadcasts and messages move through their states.

A broadcast is `pending`, then `queued` once its recipients are counted, then `started`
while its messages are created one after another, then `completed`. A message is
`queued`, `wired`, `sent`, `delivered`; one that goes wrong is `errored` while the server
tries again, then `failed`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from attrs import Factory, define, field, frozen
from polycast.sandbox import Course, SimulatedOutcome

__all__ = [
    "Broadcast",
    "Contact",
    "Group",
    "Media",
    "Message",
    "Translation",
    "Workspace",
    "written",
]

#: Seconds after its creation when a broadcast's recipients are counted, and when it starts.
COUNTED_AFTER, STARTED_AFTER = 0.5, 1.0
#: Messages a broadcast creates in a second.
RATE = 20.0

#: When a message enters a state, in seconds after its creation, by what becomes of it.
#: The server knows no expiry: it gives up trying.
_DELIVERY = ((0.0, "queued"), (0.5, "wired"), (1.0, "sent"), (2.0, "delivered"))
_COURSES: Mapping[SimulatedOutcome, Sequence[tuple[float, str]]] = {
    SimulatedOutcome.DELIVERED: _DELIVERY,
    SimulatedOutcome.REPLY_LOST: _DELIVERY,
    SimulatedOutcome.FAILS: ((0.0, "queued"), (0.5, "wired"), (2.0, "failed")),
    SimulatedOutcome.EXPIRES: ((0.0, "queued"), (0.5, "wired"), (1.0, "errored"), (6.0, "failed")),
    SimulatedOutcome.REFUSED: ((0.0, "failed"),),
}


def written(moment: datetime | None) -> str | None:
    """Write a moment as the server does: UTC, six digits of a second, `Z`."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


#: What the server evaluates in a text, as far as this one does: two of a contact's fields, sums
#: and products of two numbers; and `@@`, which is a plain @.
_EXPRESSION = re.compile(
    r"@@|@contact\.(?P<field>name|tel)\b|@\(\s*(?P<a>\d{1,9})\s*(?P<by>[+*])\s*(?P<b>\d{1,9})\s*\)"
)


def evaluated(text: str, contact: "Contact") -> str:
    """Return a text as a contact reads it."""

    def value(found: re.Match[str]) -> str:
        if found["field"] == "name":
            return contact.name or ""
        if found["field"] == "tel":
            return next((urn[4:] for urn in contact.urns if urn.startswith("tel:")), "")
        if found["by"] is None:
            return "@"
        a, b = int(found["a"]), int(found["b"])
        return str(a + b if found["by"] == "+" else a * b)

    return _EXPRESSION.sub(value, text)


@frozen
class Contact:
    """Somebody the workspace knows; the first URN is where messages go."""

    uuid: UUID
    name: str | None
    urns: tuple[str, ...]
    language: str | None = None

    def json(self) -> dict[str, object]:
        """Return the reference that replies hold."""
        return {"uuid": str(self.uuid), "name": self.name}


@frozen
class Group:
    """A named set of contacts."""

    uuid: UUID
    name: str
    members: tuple[Contact, ...]

    def json(self) -> dict[str, object]:
        """Return the reference that replies hold."""
        return {"uuid": str(self.uuid), "name": self.name}


@frozen
class Media:
    """An uploaded file."""

    uuid: UUID
    content_type: str
    url: str
    filename: str
    size: int

    @property
    def attachment(self) -> str:
        """How broadcasts name it when they are read."""
        return f"{self.content_type}:{self.url}"

    def json(self) -> dict[str, object]:
        """Return the reply to an upload."""
        return {
            "uuid": str(self.uuid),
            "content_type": self.content_type,
            "url": self.url,
            "filename": self.filename,
            "size": self.size,
        }


@define
class Translation:
    """What a broadcast says in one language."""

    text: str | None = None
    attachments: list[Media] = Factory(list)
    quick_replies: list[dict[str, str]] = Factory(list)


@frozen
class Message:
    """One message of a broadcast, from its creation on."""

    id: int
    uuid: UUID
    broadcast: int
    contact: Contact
    urn: str | None
    text: str
    attachments: tuple[Media, ...]
    created_on: datetime

    @property
    def fate(self) -> SimulatedOutcome:
        """What becomes of it. One that has nowhere to go has failed from the start."""
        return SimulatedOutcome.REFUSED if self.urn is None else SimulatedOutcome.of(self.urn)

    @property
    def course(self) -> Course:
        """The states it goes through."""
        return Course(self.created_on, _COURSES[self.fate])

    @property
    def arrives_at(self) -> datetime | None:
        """When it is delivered, if it is."""
        return self.course.entered("delivered")

    def status(self, now: datetime) -> str:
        """Return the state it is in."""
        return self.course.latest(now)[1]

    def sent_on(self, now: datetime) -> datetime | None:
        """Return when it was sent, if it was by now."""
        return self.course.entered("sent", now)

    def json(self, now: datetime, *, anonymous: bool) -> dict[str, object]:
        """Return the message as it is listed."""
        return {
            "uuid": str(self.uuid),
            "contact": self.contact.json(),
            "urn": None if anonymous else self.urn,
            "channel": None
            if self.urn is None
            else {"uuid": str(CHANNEL.uuid), "name": CHANNEL.name},
            "direction": "out",
            "type": "text",
            "status": self.status(now),
            "visibility": "visible",
            "text": self.text,
            "labels": [],
            "flow": None,
            "attachments": [
                {"content_type": media.content_type, "url": media.url} for media in self.attachments
            ],
            "quick_replies": [],
            "created_on": written(self.created_on),
            "sent_on": written(self.sent_on(now)),
            "modified_on": written(self.course.latest(now)[0]),
            "id": self.id,
            "broadcast": self.broadcast,
            "archived": False,
            "media": None,
        }


@frozen
class Broadcast:
    """A broadcast with the messages it has created or will create."""

    id: int
    uuid: UUID
    urns: tuple[str, ...]
    contacts: tuple[Contact, ...]
    groups: tuple[Group, ...]
    translations: Mapping[str, Translation]
    base_language: str
    created_on: datetime
    messages: list[Message] = field(factory=list, repr=False)

    def status(self, now: datetime) -> str:
        """Return the state it is in; `completed` says nothing of delivery."""
        passed = (now - self.created_on).total_seconds()
        if passed < COUNTED_AFTER:
            return "pending"
        if passed < STARTED_AFTER:
            return "queued"
        return "completed" if self.started(now) == len(self.messages) else "started"

    def started(self, now: datetime) -> int:
        """Return how many of its messages exist by now."""
        return sum(message.created_on <= now for message in self.messages)

    def json(self, now: datetime, *, anonymous: bool) -> dict[str, object]:
        """Return the broadcast as it is listed."""
        status = self.status(now)
        return {
            "uuid": str(self.uuid),
            "status": status,
            "progress": {
                # Also of a completed one, where nobody was there to be counted.
                "total": -1 if status == "pending" or not self.messages else len(self.messages),
                "started": self.started(now),
            },
            "urns": None if anonymous else list(self.urns),
            "contacts": [contact.json() for contact in self.contacts],
            "groups": [group.json() for group in self.groups],
            "text": {language: said.text for language, said in self.translations.items()},
            "attachments": {
                language: [media.attachment for media in said.attachments]
                for language, said in self.translations.items()
            },
            "quick_replies": {
                language: said.quick_replies for language, said in self.translations.items()
            },
            "base_language": self.base_language,
            "created_on": written(self.created_on),
            "id": self.id,
        }


JOE = Contact(
    UUID("09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"), "Joe", ("tel:+250788123123",), language="eng"
)
ANA = Contact(
    UUID("5079cb96-a1d8-4f47-8c87-d8c7bb6ddab9"), "Ana", ("tel:+250788123124",), language="spa"
)
#: A contact who can be named but not reached.
NOBODY = Contact(UUID("2c1e3f64-5c1f-4f5a-9a0e-6f6bd3b0a5c7"), None, ())
CUSTOMERS = Group(UUID("04a4752b-0f49-480e-ae60-3a3f2bea485c"), "Customers", (JOE, ANA))
EMPTY = Group(UUID("f2a3e00c-e86a-4282-a9e8-bb2275e1b9a4"), "Empty", ())
CHANNEL = Group(UUID("9a8b001e-a913-486c-80f4-1356e23f582e"), "Sandbox", ())


@define
class Workspace:
    """Everything one account of the server holds."""

    uuid: UUID = Factory(uuid4)
    contacts: list[Contact] = Factory(lambda: [JOE, ANA, NOBODY])
    groups: list[Group] = Factory(lambda: [CUSTOMERS, EMPTY])
    media: list[Media] = Factory(list)
    broadcasts: list[Broadcast] = Factory(list)
    #: What a plain text is taken to be written in.
    language: str = "eng"
    #: Where numbers without a country code are taken to be from.
    country: str | None = "RW"
    next_broadcast: int = 1234
    next_message: int = 4105426

    def contact_of(self, urn: str) -> Contact:
        """Return the contact with this URN; one that nobody has makes a new contact."""
        identity = urn.partition("?")[0].partition("#")[0]
        for contact in self.contacts:
            if identity in contact.urns:
                return contact
        contact = Contact(uuid4(), None, (identity,))
        self.contacts.append(contact)
        return contact

    def broadcast(
        self,
        *,
        urns: Sequence[str],
        contacts: Sequence[Contact],
        groups: Sequence[Group],
        translations: Mapping[str, Translation],
        base_language: str,
        now: datetime,
    ) -> Broadcast:
        """Create a broadcast. A contact that is named twice gets one message."""
        broadcast = Broadcast(
            id=self.next_broadcast,
            uuid=uuid4(),
            urns=tuple(urns),
            contacts=tuple(contacts),
            groups=tuple(groups),
            translations=translations,
            base_language=base_language,
            created_on=now,
        )
        self.next_broadcast += 1
        members = [member for group in groups for member in group.members]
        reached = {c.uuid: c for c in [*map(self.contact_of, urns), *contacts, *members]}
        for index, contact in enumerate(reached.values()):
            after = timedelta(seconds=STARTED_AFTER + index / RATE)
            broadcast.messages.append(self._message(broadcast, contact, now + after))
        self.broadcasts.append(broadcast)
        return broadcast

    def _message(self, broadcast: Broadcast, contact: Contact, created_on: datetime) -> Message:
        base = broadcast.translations[broadcast.base_language]
        said = broadcast.translations.get(contact.language or "", base)
        message = Message(
            id=self.next_message,
            uuid=uuid4(),
            broadcast=broadcast.id,
            contact=contact,
            urn=contact.urns[0] if contact.urns else None,
            text=evaluated(said.text or base.text or "", contact),
            attachments=tuple(said.attachments or base.attachments),
            created_on=created_on,
        )
        self.next_message += 1
        return message
