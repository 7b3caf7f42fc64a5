"""Votes, comments and dialogues that a project runs, and the figures made from them."""

from collections.abc import Iterable
from datetime import date, datetime

from attrs import Factory, define, frozen

from polycast_mozes.sandbox.state import Broadcast, Project, User

__all__ = ["Campaign", "Choice", "first_campaigns", "summary"]

#: What can become of a vote (Mozes page, `cast_vote`).
COUNTED, INACTIVE, LIMIT_EXCEEDED, NOT_UNIQUE = 0, 100, 200, 300
#: Votes of one user that count in one campaign.
MOST_VOTES = 2


@frozen
class Choice:
    """Something that can be voted for."""

    id: int
    description: str
    position: int

    def json(self) -> dict[str, object]:
        """Return the choice as it is told."""
        return {
            "id": self.id,
            "description": self.description,
            "position": self.position,
            "avatar_id": 0,
        }


@define
class Campaign:
    """A vote that also takes comments, or can be gone through text by text."""

    id: int
    project_id: int
    question: str
    choices: tuple[Choice, ...]
    is_open: bool
    votes: dict[int, list[int]] = Factory(dict)
    #: When users wrote to it; each is written back to.
    connections: list[datetime] = Factory(list)

    def vote(self, user: User, choice: Choice, now: datetime) -> int:
        """Count a vote, and return what became of it."""
        cast = self.votes.setdefault(user.id, [])
        if not self.is_open:
            return INACTIVE
        if choice.id in cast:
            return NOT_UNIQUE
        if len(cast) == MOST_VOTES:
            return LIMIT_EXCEEDED
        cast.append(choice.id)
        self.connections.append(now)
        return COUNTED

    def json(self) -> dict[str, object]:
        """Return the question and the choices."""
        return {
            "choices": {str(choice.id): choice.json() for choice in self.choices},
            "question": self.question,
        }


def first_campaigns() -> dict[int, Campaign]:
    """Return the campaigns an account begins with: an open vote and one that is over."""
    flavours = ("Pistachio", "Hazelnut", "Lemon")
    choices = tuple(
        Choice(7726 + position, flavour, position) for position, flavour in enumerate(flavours)
    )
    more = Choice(1234, "Fig", len(flavours))
    return {
        97483: Campaign(97483, 78945, "Which is best?", (*choices, more), is_open=True),
        2334234: Campaign(2334234, 456442, "Which was best?", choices, is_open=False),
    }


def summary(
    day: date, project: Project, campaigns: Iterable[Campaign], broadcasts: Iterable[Broadcast]
) -> dict[str, object]:
    """Return a day's figures of a project, counting these campaigns and broadcasts of it."""
    incoming = sum(at.date() == day for campaign in campaigns for at in campaign.connections)
    sent = sum(one.leaves_at.date() == day for each in broadcasts for one in each.outgoing)
    subscriptions = [one for one in project.subscriptions.values() if one.active]
    return {
        "date": day.isoformat(),
        "mobile_connections": 2 * incoming + sent,
        "mobile_connections_in": incoming,
        "subscriptions": sum(one.changed.date() == day for one in subscriptions),
        "mobile_connections_out": incoming + sent,
        "subscribers": len(subscriptions),
    }
