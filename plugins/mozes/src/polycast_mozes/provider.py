"""Mozes behind Polycast's hooks."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

import attrs
from polycast import (
    Broadcast,
    BulkReceipt,
    Features,
    Message,
    Personalisation,
    ProviderSettings,
    Receipt,
    Recipient,
    Secret,
    Status,
    errors,
    hookimpl,
)
from polycast.providers import HttpProvider, at_least
from polycast.wire import AllOf, Auth, HeaderKey

from polycast_mozes._client import Client
from polycast_mozes._client import models as m
from polycast_mozes.request import Request, Users, to_number, to_person, to_request, to_stored_list
from polycast_mozes.response import classify_response, to_bulk_receipt, to_status

#: PROJECT_ALREADY_SUBSCRIBED.
_ALREADY_SUBSCRIBED = 13000
#: BROADCAST_MESSAGE_LENGTH_EXCEEDED.
_TOO_LONG = 14000


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One project of one partner of Mozes.

    Args:
        api_key: the partner's key.
        shared_secret: travels beside the key in every request.
        project_id: the project that messages come from; its name stands before each of them.
        try_misspelt_path: whether a message to one user that gets HTTP 404, and no answer of
            Mozes's, is sent once more to `/broadacst/send_sms_to_user`, which is how the page
            "Send Broadcast to a Single User" spells the path.
    """

    api_key: Secret
    shared_secret: Secret
    project_id: int = attrs.field(validator=at_least(1))
    try_misspelt_path: bool = False


class Mozes(HttpProvider):
    """One project of Mozes: SMS to users who have subscribed to it, and to lists of them.

    Phone numbers are looked up before anything is sent to them: Mozes sends to its own IDs alone.
    """

    settings: Settings
    api: Client

    name = "mozes"
    Api = Client
    Settings = Settings
    classify_response = staticmethod(classify_response)
    features: ClassVar[Features] = Features(
        channels=("sms",),
        schemes=("tel", "contact", "group"),
        exclusive_schemes=("group",),
        # "Send Broadcast to Users" states no limit.
        bulk_limit=None,
        personalisation=Personalisation.NONE,
        all_or_nothing=True,
    )

    def __init__(self, settings: ProviderSettings) -> None:
        """Connect to the project of the settings; nothing is sent before the first call."""
        super().__init__(settings)
        self._users = Users(self.api)
        self._project = self.settings.project_id

    def auth(self) -> Auth:
        """Return the partner's key and secret as two headers."""
        key, secret = Client.SECURITY["key"], Client.SECURITY["secret"]
        assert isinstance(key, HeaderKey)
        assert isinstance(secret, HeaderKey)
        return AllOf((key.auth(self.settings.api_key), secret.auth(self.settings.shared_secret)))

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> Request:
        """Refuse what Mozes does not take: long texts, other phones, lists among persons."""
        return to_request(request)

    @hookimpl
    def send(self, message: Message, payload: Request) -> Receipt:
        """Send to one user, whose number is looked up first, or to one stored list."""
        if payload.stored is not None:
            made = self._send_to_list(payload.stored, payload.text)
        else:
            made = self._send_to_user(self._users.find(payload.recipients[0]), payload.text)
        (receipt,) = to_bulk_receipt(made, payload.recipients, {}).receipts
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Request) -> BulkReceipt:
        """Send to a set of users in one call, or to one stored list.

        Numbers are looked up first, one call each. A number that Mozes refuses is left out, and
        its receipt says why; when all are, nothing is sent.

        Raises:
            Rejected: Mozes refused the call, and sent to nobody. Of a text that is too long
                `refused` names everybody, since it is so for each of them; of an unknown user,
                and of anything else, Mozes does not say who is the cause.
        """
        recipients = payload.recipients
        if payload.stored is not None:
            made = self._send_to_list(payload.stored, payload.text)
            return to_bulk_receipt(made, recipients, {})
        found = [self._users.find_or_refusal(each) for each in recipients]
        users = [user for user in found if isinstance(user, int)]
        refusals = {place: user for place, user in enumerate(found) if not isinstance(user, int)}
        try:
            sent = self._send_to_users(users, payload.text) if users else None
        except errors.Rejected as error:
            if error.code == _TOO_LONG:
                told = {place: refusal.detail for place, refusal in refusals.items()}
                error.refused = dict.fromkeys(range(len(recipients)), error.detail) | told
            raise
        return to_bulk_receipt(sent, recipients, refusals)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell whether a broadcast is completed, and to how many users it went."""
        answer = self.api.get_broadcast_status(
            m.BroadcastQuery(project_id=self._project, client_id=id)
        )
        return to_status(answer.response, id)

    # Beyond the hooks

    def find_user(self, phone: str) -> str:
        """Return the address, e.g. `"contact:1283228"`, of the user with a phone number.

        Mozes makes a user of a number that it does not know.

        Args:
            phone: e.g. `"+13105551234"`.

        Raises:
            ProviderError: Mozes refused the number, e.g. of a landline, or was not reached.
            UsageError: it is no mobile phone of the United States.
        """
        return f"contact:{self._users.find(Recipient(phone))}"

    def create_list(self, name: str) -> str:
        """Make an empty broadcast list, and return its address, e.g. `"group:132141"`.

        Args:
            name: no other list of the project may have it.

        Raises:
            Conflict: another has.
            ProviderError: Mozes refused, or was not reached.
            OutcomeUnknown: the reply was lost; the list may be there.
        """
        answer = self.api.create_broadcast_list(
            m.NewBroadcastList(project_id=self._project, name=name)
        )
        number = to_number(answer.response.broadcast_list_id)
        if number is None:
            detail = "it names no list"
            raise errors.OutcomeUnknown(detail, operation="create_broadcast_list", raw=answer)
        return f"group:{number}"

    def add_to_list(self, stored: str, people: Iterable[str]) -> dict[str, errors.ProviderError]:
        """Put people on a broadcast list; who is on it already stays on it once.

        Phone numbers are looked up first.

        Args:
            stored: the list's address.
            people: addresses, `"+13105551234"` or `"contact:1283228"`.

        Returns:
            The addresses that Mozes refused when it was asked for them, with its refusals; the
            others are on the list.

        Raises:
            NotFound: there is no such list.
            ProviderError: Mozes refused, or was not reached; nobody was put on the list.
            OutcomeUnknown: the reply was lost. Doing it again does no harm.
            UsageError: an address cannot be one of Mozes's.
        """
        number = to_stored_list(stored)
        recipients = [Recipient(each) for each in people]
        for recipient in recipients:
            to_person(recipient)
        found = {each.to: self._users.find_or_refusal(each) for each in recipients}
        users: list[int | str] = [user for user in found.values() if isinstance(user, int)]
        if users:
            self.api.insert_users(
                m.UsersOfList(broadcast_list_id=number, project_id=self._project, mozes_ids=users)
            )
        return {to: user for to, user in found.items() if not isinstance(user, int)}

    def empty_list(self, stored: str) -> None:
        """Take everybody off a broadcast list.

        Args:
            stored: the list's address.

        Raises:
            Rejected: the project has no such list.
            ProviderError: Mozes refused, or was not reached.
            OutcomeUnknown: the reply was lost.
        """
        self.api.truncate_broadcast_list(self._list(stored))

    def delete_list(self, stored: str) -> None:
        """Delete a broadcast list.

        Args:
            stored: the list's address.

        Raises:
            Rejected: the project has no such list.
            ProviderError: Mozes refused, or was not reached.
            OutcomeUnknown: the reply was lost.
        """
        self.api.delete_broadcast_list(self._list(stored))

    def subscribe(self, to: str, born: date) -> bool:
        """Subscribe somebody to the project; only subscribers can be sent to.

        Mozes tells them by SMS. It uses the date of birth to see whether they are 13, and blocks
        the phones of those who are not.

        Args:
            to: `"+13105551234"` or `"contact:1283228"`.
            born: the date of birth.

        Returns:
            Whether they were not subscribed before.

        Raises:
            Rejected: they are too young, or blocked, often by their carrier.
            ProviderError: Mozes refused otherwise, or was not reached.
            OutcomeUnknown: the reply was lost.
            UsageError: it is no address of a person.
        """
        user = self._users.find(Recipient(to))
        body = m.Subscription(
            mozes_id=user,
            project_id=self._project,
            dob=f"{born.year:04}{born.month:02}{born.day:02}",
        )
        try:
            self.api.subscribe(body)
        except errors.Conflict as error:
            if error.code != _ALREADY_SUBSCRIBED:
                raise
            return False
        return True

    def unsubscribe(self, to: str) -> None:
        """Take somebody off the project.

        Args:
            to: `"+13105551234"` or `"contact:1283228"`.

        Raises:
            ProviderError: Mozes refused, or was not reached.
            OutcomeUnknown: the reply was lost.
            UsageError: it is no address of a person.
        """
        user = self._users.find(Recipient(to))
        self.api.unsubscribe(m.Unsubscription(mozes_id=user, project_id=self._project))

    # The calls

    def _send_to_user(self, user: int, text: str) -> m.BroadcastReply:
        body = m.MessageToUser(project_id=self._project, mozes_id=user, message=text)
        operation = "send_sms_to_user"
        try:
            made = self.api.send_sms_to_user(body)
        except errors.NotFound as error:
            # With a code it is Mozes that does not find something, and has read the request.
            missing = error.http_status == 404 and error.code is None
            if not (missing and self.settings.try_misspelt_path):
                raise
            operation = "send_sms_to_user_as_printed"
            made = self.api.send_sms_to_user_as_printed(body)
        return self._named(operation, made)

    def _send_to_users(self, users: list[int], text: str) -> m.BroadcastReply:
        made = self.api.send_sms_to_users(
            m.MessageToUsers(project_id=self._project, mozes_ids=[*users], message=text)
        )
        return self._named("send_sms_to_users", made)

    def _send_to_list(self, stored: int, text: str) -> m.BroadcastReply:
        made = self.api.send_sms_to_broadcast_list(
            m.MessageToList(project_id=self._project, broadcast_list_id=stored, message=text)
        )
        return self._named("send_sms_to_broadcast_list", made)

    def _named(self, operation: str, made: m.BroadcastReply) -> m.BroadcastReply:
        """Return the answer to a send if the broadcast that it tells of has an id."""
        if not made.response.client_id.strip():
            detail = "it says OK, and names no broadcast"
            raise errors.OutcomeUnknown(detail, operation=operation, raw=made)
        return made

    def _list(self, stored: str) -> m.ListOfProject:
        return m.ListOfProject(broadcast_list_id=to_stored_list(stored), project_id=self._project)
