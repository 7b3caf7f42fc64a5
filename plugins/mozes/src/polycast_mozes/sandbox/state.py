"""What an account holds: users, projects with their subscribers and lists, and broadcasts.

The users and projects that an account begins with are those of the provider's own samples.
Users come from phone numbers, and who they are shows in the number:

| phone | whose it is |
|---|---|
| `1...555....` | somebody who has subscribed to every project |
| another mobile | somebody who has subscribed to none |
| `1800...`, `1888...` and the like | a landline |
| `1......0000` | somebody the carrier has blocked |
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from attrs import Factory, define, field, frozen
from polycast.sandbox import SimulatedOutcome

from polycast_mozes.sandbox.response import refusal

__all__ = [
    "LONGEST",
    "Account",
    "Broadcast",
    "BroadcastList",
    "Outgoing",
    "Project",
    "Subscription",
    "User",
    "find",
    "written",
]

#: Characters of a text message, the project's name and the signature included.
LONGEST = 160
#: What the platform puts behind a message. The real one is not published.
SIGNATURE = "Reply STOP to end."
#: Years of age at which somebody may subscribe.
OF_AGE = 13

#: Seconds from its creation until a broadcast sends its first message.
STARTED_AFTER = 1.0
#: Messages a broadcast sends in a second.
RATE = 20.0
#: Seconds a message takes to the handset, and those after which a carrier gives one up.
ARRIVES_AFTER, GIVEN_UP_AFTER = 1.0, 6.0

_NUMBER = re.compile(r"[0-9]{1,18}")
_PHONE = re.compile(r"1[0-9]{10}")
_LANDLINES = ("800", "822", "833", "844", "855", "866", "877", "888")
#: The exchange of numbers that nobody has; here, of those who have subscribed.
_SUBSCRIBED = "555"

T = TypeVar("T")


def written(moment: datetime) -> str:
    """Write a moment as the server does: UTC, whole seconds, `Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def find(things: dict[int, T], number: object) -> T | None:
    """Return the thing with this number, which may be written as text."""
    return things.get(int(str(number))) if _NUMBER.fullmatch(str(number)) else None


@define
class User:
    """Somebody the platform knows."""

    id: int
    phone: str
    underage: bool = False

    @property
    def fate(self) -> SimulatedOutcome:
        """What becomes of messages to this user."""
        return SimulatedOutcome.of(self.phone)


@frozen
class Subscription:
    """Whether a user gets a project's messages, and since when that is so."""

    active: bool
    changed: datetime


@define
class Project:
    """What users subscribe to."""

    id: int
    name: str
    account_id: int
    subscriptions: dict[int, Subscription] = Factory(dict)

    def has(self, user: User) -> bool:
        """Tell whether a user is subscribed."""
        subscription = self.subscriptions.get(user.id)
        return subscription is not None and subscription.active

    def check_length(self, message: str) -> None:
        """Refuse a message that is too long between the project's name and the signature.

        Raises:
            Refused: it is.
        """
        if len(f"{self.name}: {message} {SIGNATURE}") > LONGEST:
            raise refusal(14000)


@define
class BroadcastList:
    """Some users of a project, under a name."""

    id: int
    project_id: int
    name: str
    members: dict[int, User] = Factory(dict)


@frozen
class Outgoing:
    """A broadcast's message to one user."""

    user: User
    leaves_at: datetime

    @property
    def arrives_at(self) -> datetime | None:
        """When it is on the handset, if it ever is. Nobody is told."""
        if not self.user.fate.arrives:
            return None
        return self.leaves_at + timedelta(seconds=ARRIVES_AFTER)

    @property
    def done_at(self) -> datetime:
        """When the platform has done with it, whatever became of it."""
        given_up = GIVEN_UP_AFTER if self.user.fate is SimulatedOutcome.EXPIRES else 0.0
        return self.leaves_at + timedelta(seconds=given_up)


@frozen
class Broadcast:
    """A message to the users of a project who were named and are subscribed."""

    client_id: str
    project: Project
    message: str
    created: datetime
    outgoing: tuple[Outgoing, ...] = field(repr=False)

    @property
    def completed(self) -> datetime:
        """When the platform has done with every message."""
        started = self.created + timedelta(seconds=STARTED_AFTER)
        return max((one.done_at for one in self.outgoing), default=started)

    def json(self, now: datetime) -> dict[str, object]:
        """Return the broadcast's status, of which nothing concerns a single user."""
        is_done = self.completed <= now
        return {
            "created_ts": written(self.created),
            "delivered_ts": written(self.completed) if is_done else None,
            "recipient_count": str(len(self.outgoing)),
            "delivered": int(is_done),
        }


@define
class Account:
    """Everything that one API key opens."""

    opened: datetime
    users: dict[int, User] = Factory(dict)
    projects: dict[int, Project] = Factory(dict)
    lists: dict[int, BroadcastList] = Factory(dict)
    broadcasts: dict[str, Broadcast] = Factory(dict)
    phones: dict[str, User] = Factory(dict)
    next_user: int = 5000001
    next_list: int = 132141

    def __attrs_post_init__(self) -> None:
        for id, name, account_id in _PROJECTS:
            self.projects[id] = Project(id, name, account_id)
        for id, phone in _USERS:
            self._add(User(id, phone), self.opened)
        for id, project_id, name, members in _LISTS:
            self.lists[id] = BroadcastList(
                id, project_id, name, {member: self.users[member] for member in members}
            )

    # Users and subscriptions.

    def user_of_phone(self, phone: str, now: datetime) -> User:
        """Return the user with this phone number; a number nobody has makes a user.

        Raises:
            Refused: no user can have it.
        """
        if not _PHONE.fullmatch(phone):
            raise refusal(11001)
        user = self.phones.get(phone)
        if user is not None and user.underage:
            raise refusal(11002)
        if SimulatedOutcome.of(phone) is SimulatedOutcome.REFUSED:
            raise refusal(11003)
        if phone[1:4] in _LANDLINES:
            raise refusal(11004)
        return user or self._new(phone, now)

    def _new(self, phone: str, now: datetime) -> User:
        user = self._add(User(self.next_user, phone), now)
        self.next_user += 1
        return user

    def _add(self, user: User, now: datetime) -> User:
        self.users[user.id] = user
        self.phones[user.phone] = user
        if user.phone[4:7] == _SUBSCRIBED:
            for project in self.projects.values():
                project.subscriptions[user.id] = Subscription(active=True, changed=now)
        return user

    def subscribe(self, project: Project, user: User, born: date, now: datetime) -> None:
        """Subscribe a user who is old enough.

        Raises:
            Refused: the user is too young, blocked or subscribed already.
        """
        years = now.year - born.year - ((now.month, now.day) < (born.month, born.day))
        if user.underage or years < OF_AGE:
            user.underage = True
            raise refusal(11002)
        if user.fate is SimulatedOutcome.REFUSED:
            raise refusal(11003)
        if project.has(user):
            raise refusal(13000)
        project.subscriptions[user.id] = Subscription(active=True, changed=now)

    def unsubscribe(self, project: Project, user: User, now: datetime) -> None:
        """Take a user off a project; one who is not on it stays so."""
        if project.has(user):
            project.subscriptions[user.id] = Subscription(active=False, changed=now)

    # Lists and broadcasts.

    def create_list(self, project: Project, name: str) -> BroadcastList:
        """Create an empty list.

        Raises:
            Refused: the project has one of this name.
        """
        if any(one.project_id == project.id and one.name == name for one in self.lists.values()):
            raise refusal(12000)
        created = BroadcastList(self.next_list, project.id, name)
        self.next_list += 1
        self.lists[created.id] = created
        return created

    def list_of(self, project_id: object, list_id: object, otherwise: int) -> BroadcastList:
        """Return a project's list.

        Raises:
            Refused: with the code `otherwise`, the project has no such list.
        """
        found = find(self.lists, list_id)
        if found is None or str(project_id) != str(found.project_id):
            raise refusal(otherwise)
        return found

    def users_of(self, ids: Iterable[object]) -> dict[int, User]:
        """Return several users, each once.

        Raises:
            Refused: one of them does not exist.
        """
        found = [find(self.users, id) for id in ids]
        users = {user.id: user for user in found if user is not None}
        if None in found:
            raise refusal(10004)
        return users

    def broadcast(
        self, project: Project, users: Iterable[User], message: str, now: datetime
    ) -> Broadcast:
        """Send a message to those of the users who are subscribed.

        Raises:
            Refused: it is too long.
        """
        project.check_length(message)
        reached = [user for user in users if project.has(user)]
        broadcast = Broadcast(
            client_id=uuid4().hex,
            project=project,
            message=message,
            created=now,
            outgoing=tuple(
                Outgoing(user, now + timedelta(seconds=STARTED_AFTER + index / RATE))
                for index, user in enumerate(reached)
            ),
        )
        self.broadcasts[broadcast.client_id] = broadcast
        return broadcast


_PROJECTS = (
    (456442, "Trattoria", 12345),
    (12345, "Osteria", 12345),
    (123456, "Enoteca", 12345),
    (78945, "Gelateria", 67890),
    (455327, "Pasticceria", 67890),
)

_USERS = (
    *((1283228, "12125550101"), (1483228, "12125550102"), (3838234, "12125550103")),
    *((2349059, "12125550104"), (589834, "12125550105"), (461274, "12125550106")),
    *((47238, "12125550107"), (4738, "12125550108"), (473827, "12125550109")),
    *((4732, "12125550110"), (123456, "14155551234"), (12545135, "12125550111")),
    *((1239876454, "12125550112"), (455327, "14152730142"), (990099, "14152730000")),
)

_LISTS = (
    (1483228, 456442, "Regulars", (1483228, 3838234)),
    (455327, 123456, "Tasters", ()),
)
