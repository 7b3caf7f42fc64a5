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

What no provider of Polycast asks for, such as votes, comments and reports, is answered with what
the spec shows. Reading by GET is not part of it, and neither are the texts that Mozes writes of
its own accord, such as the one that confirms a subscription.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from polycast.sandbox import (
    Accepted,
    Call,
    Clock,
    ProviderSandbox,
    Refused,
    Sandbox,
    json_response,
    read_spec,
)
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from polycast_mozes.sandbox.response import envelope, refusal
from polycast_mozes.sandbox.state import Account, Project, User, find

__all__ = ["MozesSandbox"]

_SPELLINGS = {"corrected": "send_sms_to_user", "printed": "send_sms_to_user_as_printed"}


class MozesSandbox(ProviderSandbox):
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
    spec = read_spec("polycast_mozes._client", "mozes.yaml")
    default_settings: ClassVar[Mapping[str, object]] = {
        "api_key": "sandbox-key",
        "shared_secret": "sandbox-secret",
        "project_id": 456442,
    }

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

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message of every broadcast, and when it arrives."""
        for broadcast in self.account.broadcasts.values():
            for outgoing in broadcast.outgoing:
                accepted = Accepted(
                    outgoing.user.phone,
                    broadcast.message,
                    broadcast.project.name,
                    broadcast.created,
                    broadcast.client_id,
                )
                yield accepted, outgoing.arrives_at

    # Around every request.

    def check(self, call: Call) -> None:
        """Authenticate, and read."""
        wrong = set(_SPELLINGS.values()) - {_SPELLINGS.get(self.spelling, call.operation)}
        if call.operation in wrong:
            raise NotFound
        headers = call.request.headers
        key, secret = headers.get("X-API-Key"), headers.get("X-API-Shared-Secret")
        if (key, secret) != (self.api_key, self.shared_secret):
            raise refusal(10000)
        if call.problems:
            raise refusal(10001, " ".join(call.problems))

    def refused(self, call: Call, refusal: Refused) -> Response:
        """Tell a refusal in an envelope."""
        code, description = refusal.said
        usual = HTTPStatus.UNAUTHORIZED if code == 10000 else HTTPStatus.OK
        body = envelope(call.operation, [], code, description)
        return json_response(body, self.error_status or usual)

    # Broadcasts.

    def send_sms_to_user(self, call: Call) -> Response:
        """Send a message to one user."""
        said = _said(call)
        project = find(self.account.projects, said["project_id"])
        user = find(self.account.users, said["mozes_id"])
        if project is None:
            raise refusal(14001)
        project.check_length(said["message"])
        if user is None or not project.has(user):
            raise refusal(14001)
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
        self.lose_reply(*(one.user.phone for one in broadcast.outgoing))
        return _ok(call, {"client_id": broadcast.client_id})

    def get_broadcast_status(self, call: Call) -> Response:
        """Tell how far a broadcast has come."""
        said = _said(call)
        broadcast = self.account.broadcasts.get(said["client_id"])
        if broadcast is None or str(broadcast.project.id) != str(said["project_id"]):
            raise refusal(14002)
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

    def subscribe(self, call: Call) -> Response:
        """Subscribe a user to a project."""
        try:
            born = date.fromisoformat(_said(call)["dob"])
        except ValueError:
            raise refusal(10001, "The date of birth is no date.") from None
        self.account.subscribe(self._project(call), self._user(call), born, self.clock.now())
        return _ok(call)

    def unsubscribe(self, call: Call) -> Response:
        """Take a user off a project."""
        self.account.unsubscribe(self._project(call), self._user(call), self.clock.now())
        return _ok(call)

    def lookup_user(self, call: Call) -> Response:
        """Find the user with a phone number."""
        user = self.account.user_of_phone(_said(call)["phone"], self.clock.now())
        return _ok(call, {"mozes_id": str(user.id)})

    # What requests name.

    def _project(self, call: Call) -> Project:
        project = find(self.account.projects, _said(call)["project_id"])
        if project is None:
            raise refusal(10003)
        return project

    def _user(self, call: Call) -> User:
        user = find(self.account.users, _said(call)["mozes_id"])
        if user is None:
            raise refusal(10004)
        return user


def _said(call: Call) -> dict[str, Any]:
    """Return the request's body, which fits the document by now."""
    said: dict[str, Any] = call.json()
    return said


def _ok(call: Call, response: object = ()) -> Response:
    return json_response(envelope(call.operation, response))
