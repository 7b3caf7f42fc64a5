"""A fake Mozes server: the users, projects, lists, broadcasts and campaigns of one account.

Written from Mozes's page, not from our client. The account begins with what the page's
samples name, such as the project 456442 and the user 1483228; whose a phone number is
shows in the number (`polycast_mozes.sandbox.state`). What becomes of a message is chosen
by how that number ends (`polycast.sandbox.SimulatedOutcome`): `0000` is blocked, which already its
look-up tells; `1111` and `2222` never arrive, of which the server says nothing, the second
holding its broadcast up; with `3333` the broadcast is created but the reply is lost.

Where the page is silent: wrong credentials are answered 401 and other refusals 200, always
in an envelope, unless `error_status` says otherwise; what no published code fits gets one
of `polycast_mozes.sandbox.envelope.UNPUBLISHED`; a set or a list of users is sent to those
of them who are subscribed, and `recipient_count` counts only these. In the inbox a message
is what was written; the project's name, which Mozes puts before it, stands as its sender,
and the signature behind it is left out.

Reading by GET is not part of it, and neither are the texts that Mozes writes of its own
accord, such as the one that confirms a subscription.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Literal

from polycast.sandbox import (
    Accepted,
    Call,
    Clock,
    ConnectionDropped,
    Sandbox,
    SimulatedOutcome,
    read_json,
)
from polycast.sandbox.openapi import OpenAPIDocument
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from polycast_mozes.sandbox.campaigns import Campaign, first_campaigns, summary
from polycast_mozes.sandbox.envelope import Refused, envelope
from polycast_mozes.sandbox.state import Account, Project, User, find, written

__all__ = ["MozesSandbox", "document"]

_API = "/v1"
_OPERATIONS = {
    "broadcast/send_sms_to_user": "send_sms_to_user",
    "broadacst/send_sms_to_user": "send_sms_to_user_as_printed",
    "broadcast/send_sms_to_broadcast_list": "send_sms_to_broadcast_list",
    "broadcast/send_sms_to_users": "send_sms_to_users",
    "broadcast/get_broadcast_status": "get_broadcast_status",
    "broadcast_list/create": "create_broadcast_list",
    "broadcast_list/insert_users": "insert_users",
    "broadcast_list/truncate": "truncate_broadcast_list",
    "broadcast_list/delete": "delete_broadcast_list",
    "project/get_all": "list_projects",
    "project/subscribe": "subscribe",
    "project/unsubscribe": "unsubscribe",
    "project/get_subscriber_updates": "list_subscriber_updates",
    "user/lookup": "lookup_user",
    "user/lookup_by_facebook_id": "lookup_user_by_facebook_id",
    "user/lookup_by_twitter_handle": "lookup_user_by_twitter_handle",
    "user/get_subscribed_projects": "list_subscribed_projects",
    "campaign/start_sms_flow": "start_sms_flow",
    "campaign/cast_vote": "cast_vote",
    "campaign/get_vote_config": "get_vote_config",
    "campaign/submit_comment": "submit_comment",
    "report/get_project_summary": "get_project_summary",
    "report/get_campaign_summary": "get_campaign_summary",
}
_SPELLINGS = {"corrected": "send_sms_to_user", "printed": "send_sms_to_user_as_printed"}


@cache
def document() -> OpenAPIDocument:
    """Return the spec that lies beside the generated client."""
    text = files("polycast_mozes").joinpath("_client", "mozes.yaml").read_text("utf-8")
    return OpenAPIDocument(text, below=_API)


class MozesSandbox(Sandbox):
    """A fake Mozes server with one account.

    Args:
        clock: what tells the time.
        api_key: the key it accepts.
        shared_secret: the secret it accepts with the key.
        spelling: which address sends to one user: the one that is spelt like the others, the
            one that the page prints, or both.
        error_status: the HTTP status of every envelope whose code is not 0. When None, it is
            401 for wrong credentials, and 200 otherwise.
    """

    name = "mozes"
    credentials = Sandbox.credentials | {"X-API-Key", "X-API-Shared-Secret"}
    urls = Map(
        [
            Rule(f"{_API}/{path}", endpoint=operation, methods=["POST"])
            for path, operation in _OPERATIONS.items()
        ]
    )

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        api_key: str = "sandbox-key",
        shared_secret: str = "sandbox-secret",
        spelling: Literal["both", "corrected", "printed"] = "both",
        error_status: int | None = None,
    ) -> None:
        super().__init__(clock)
        self.api_key = api_key
        self.shared_secret = shared_secret
        self.spelling = spelling
        self.error_status = error_status
        self.account = Account(opened=self.clock.now())
        self.campaigns = first_campaigns()

    @classmethod
    def base_url(cls, root: str) -> str:
        """Return the `base_url` that leads a client here."""
        return root + _API

    @classmethod
    def settings(cls) -> dict[str, object]:
        """Return the settings that a sandbox made without arguments accepts."""
        return {"api_key": "sandbox-key", "shared_secret": "sandbox-secret", "project_id": 456442}

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message of every broadcast, and when it arrives."""
        for broadcast in self.account.broadcasts.values():
            for outgoing in broadcast.outgoing:
                accepted = Accepted(
                    provider=self.name,
                    to=outgoing.user.address,
                    text=broadcast.message,
                    sender=broadcast.project.name,
                    at=broadcast.created,
                    id=broadcast.client_id,
                )
                yield accepted, outgoing.arrives_at

    # Around every request.

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the OpenAPI document."""
        return document().problems(request)

    def answer(self, call: Call) -> Response:
        """Authenticate, read, carry out; tell every refusal in an envelope."""
        if call.operation in self._spelt_otherwise():
            return self.unroutable(call.request, NotFound())
        headers = call.request.headers
        key, secret = headers.get("X-API-Key"), headers.get("X-API-Shared-Secret")
        try:
            if (key, secret) != (self.api_key, self.shared_secret):
                raise Refused(10000)
            if call.problems:
                raise Refused(10001, " ".join(call.problems))
            return super().answer(call)
        except Refused as refusal:
            usual = HTTPStatus.UNAUTHORIZED if refusal.code == 10000 else HTTPStatus.OK
            return envelope(
                call.operation,
                [],
                refusal.code,
                description=refusal.description,
                status=self.error_status or usual,
            )

    def _spelt_otherwise(self) -> set[str]:
        if self.spelling == "both":
            return set()
        return set(_SPELLINGS.values()) - {_SPELLINGS[self.spelling]}

    # Broadcasts.

    def send_sms_to_user(self, call: Call) -> Response:
        """Send a message to one user."""
        said = _said(call)
        project = find(self.account.projects, said["project_id"])
        user = find(self.account.users, said["mozes_id"])
        if project is None:
            raise Refused(14001)
        project.check_length(said["message"])
        if user is None or not project.has(user):
            raise Refused(14001)
        return self._broadcast(call, project, [user])

    def send_sms_to_user_as_printed(self, call: Call) -> Response:
        """Send a message to one user, at the misspelt address."""
        return self.send_sms_to_user(call)

    def send_sms_to_broadcast_list(self, call: Call) -> Response:
        """Send a message to the users on a list."""
        said = _said(call)
        chosen = self.account.list_of(said["project_id"], said["broadcast_list_id"], 12002)
        project = self.account.projects[chosen.project_id]
        return self._broadcast(call, project, chosen.members.values())

    def send_sms_to_users(self, call: Call) -> Response:
        """Send a message to a set of users."""
        users = self.account.users_of(_said(call)["mozes_ids"])
        return self._broadcast(call, self._project(call), users.values())

    def _broadcast(self, call: Call, project: Project, users: Iterable[User]) -> Response:
        message = _said(call)["message"]
        broadcast = self.account.broadcast(project, users, message, self.clock.now())
        if any(one.user.fate is SimulatedOutcome.REPLY_LOST for one in broadcast.outgoing):
            raise ConnectionDropped
        return _ok(call, {"client_id": broadcast.client_id})

    def get_broadcast_status(self, call: Call) -> Response:
        """Tell how far a broadcast has come."""
        said = _said(call)
        broadcast = self.account.broadcasts.get(said["client_id"])
        if broadcast is None or str(broadcast.project.id) != str(said["project_id"]):
            raise Refused(14002)
        return _ok(call, broadcast.json(self.clock.now()))

    # Lists.

    def create_broadcast_list(self, call: Call) -> Response:
        """Create an empty list."""
        created = self.account.create_list(self._project(call), _said(call)["name"])
        return _ok(call, {"broadcast_list_id": created.id})

    def insert_users(self, call: Call) -> Response:
        """Put users on a list."""
        said = _said(call)
        chosen = self.account.list_of(said["project_id"], said["broadcast_list_id"], 12001)
        chosen.members |= self.account.users_of(said["mozes_ids"])
        return _ok(call)

    def truncate_broadcast_list(self, call: Call) -> Response:
        """Take every user off a list."""
        said = _said(call)
        chosen = self.account.list_of(said["project_id"], said["broadcast_list_id"], 12002)
        chosen.members.clear()
        return _ok(call)

    def delete_broadcast_list(self, call: Call) -> Response:
        """Delete a list."""
        said = _said(call)
        chosen = self.account.list_of(said["project_id"], said["broadcast_list_id"], 12002)
        del self.account.lists[chosen.id]
        return _ok(call)

    # Users and projects.

    def list_projects(self, call: Call) -> Response:
        """List the account's projects."""
        wanted = _said(call).get("account_id")
        projects = self.account.projects.values()
        return _projects(
            call, (p for p in projects if wanted is None or str(wanted) == str(p.account_id))
        )

    def list_subscribed_projects(self, call: Call) -> Response:
        """List the projects that a user is subscribed to."""
        user = self._user(call)
        return _projects(call, (p for p in self.account.projects.values() if p.has(user)))

    def subscribe(self, call: Call) -> Response:
        """Subscribe a user to a project."""
        try:
            born = date.fromisoformat(_said(call)["dob"])
        except ValueError:
            raise Refused(10001, "The date of birth is no date.") from None
        self.account.subscribe(self._project(call), self._user(call), born, self.clock.now())
        return _ok(call)

    def unsubscribe(self, call: Call) -> Response:
        """Take a user off a project."""
        self.account.unsubscribe(self._project(call), self._user(call), self.clock.now())
        return _ok(call)

    def list_subscriber_updates(self, call: Call) -> Response:
        """List who subscribed or left since a moment."""
        since = datetime.fromisoformat(_said(call)["start_date"])
        updates = [
            {
                "mozes_id": str(id),
                "phone": self.account.users[id].phone,
                "subscription_status": int(subscription.active),
                "modified_date": written(subscription.changed),
            }
            for id, subscription in self._project(call).subscriptions.items()
            if subscription.changed >= since
        ]
        return _ok(call, updates)

    def lookup_user(self, call: Call) -> Response:
        """Find the user with a phone number."""
        user = self.account.user_of_phone(_said(call)["phone"], self.clock.now())
        return _ok(call, {"mozes_id": str(user.id)})

    def lookup_user_by_facebook_id(self, call: Call) -> Response:
        """Find the user with a Facebook ID."""
        return self._lookup(call, "facebook_id")

    def lookup_user_by_twitter_handle(self, call: Call) -> Response:
        """Find the user with a Twitter handle."""
        return self._lookup(call, "twitter_handle")

    def _lookup(self, call: Call, kind: str) -> Response:
        user = self.account.user_of_handle(kind, _said(call)[kind], self.clock.now())
        return _ok(call, {"mozes_id": str(user.id)})

    # Campaigns and reports.

    def start_sms_flow(self, call: Call) -> Response:
        """Start a campaign's dialogue with a user."""
        return self._connect(call)

    def submit_comment(self, call: Call) -> Response:
        """Take a user's comment."""
        return self._connect(call)

    def _connect(self, call: Call) -> Response:
        self._user(call)
        self._campaign(call).connections.append(self.clock.now())
        return _ok(call)

    def cast_vote(self, call: Call) -> Response:
        """Take a user's vote."""
        user, campaign = self._user(call), self._campaign(call)
        wanted = str(_said(call)["vote_choice_id"])
        choice = next((one for one in campaign.choices if str(one.id) == wanted), None)
        if choice is None:
            raise Refused(10001, "The vote has no such choice.")
        return _ok(call, {"status_code": campaign.vote(user, choice, self.clock.now())})

    def get_vote_config(self, call: Call) -> Response:
        """Tell a vote's question and choices."""
        return _ok(call, self._campaign(call).json())

    def get_project_summary(self, call: Call) -> Response:
        """Tell a day's figures of a project."""
        project = self._project(call)
        campaigns = [one for one in self.campaigns.values() if one.project_id == project.id]
        broadcasts = [one for one in self.account.broadcasts.values() if one.project is project]
        return _ok(call, summary(self._day(call), project, campaigns, broadcasts))

    def get_campaign_summary(self, call: Call) -> Response:
        """Tell a day's figures of a campaign."""
        project, campaign = self._project(call), self._campaign(call)
        return _ok(call, summary(self._day(call), project, [campaign], []))

    def _day(self, call: Call) -> date:
        """Return the day that is asked for; yesterday is the last that was counted."""
        wanted = _said(call).get("date")
        return date.fromisoformat(wanted or f"{self.clock.now() - timedelta(days=1):%Y-%m-%d}")

    # What requests name.

    def _project(self, call: Call) -> Project:
        project = find(self.account.projects, _said(call)["project_id"])
        if project is None:
            raise Refused(10003)
        return project

    def _user(self, call: Call) -> User:
        user = find(self.account.users, _said(call)["mozes_id"])
        if user is None:
            raise Refused(10004)
        return user

    def _campaign(self, call: Call) -> Campaign:
        campaign = find(self.campaigns, _said(call)["campaign_id"])
        if campaign is None or str(campaign.project_id) != str(_said(call)["project_id"]):
            raise Refused(13003)
        return campaign


def _said(call: Call) -> dict[str, Any]:
    """Return the request's body, which fits the document by now."""
    said: dict[str, Any] = read_json(call.request.get_data())
    return said


def _ok(call: Call, response: object = ()) -> Response:
    return envelope(call.operation, response)


def _projects(call: Call, projects: Iterable[Project]) -> Response:
    return _ok(call, {"projects": [[project.json()] for project in projects]})
