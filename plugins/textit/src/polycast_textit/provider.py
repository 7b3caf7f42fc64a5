"""TextIt behind Polycast's hooks."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import attrs
from polycast import (
    Broadcast,
    BulkReceipt,
    Features,
    Message,
    Personalisation,
    ProviderSettings,
    Receipt,
    Report,
    Reports,
    Secret,
    SecretUrl,
    State,
    Status,
    errors,
    hookimpl,
)
from polycast.providers import HttpProvider, at_least, none_if_unset
from polycast.wire import UNSET, Auth, Retry, Undecodable, Unset

from polycast_textit._client import Client
from polycast_textit._client import models as m
from polycast_textit.lookup import Wanted, look_up
from polycast_textit.options import Options
from polycast_textit.recipients import LIMIT, Addresses, spelled_once, to_addresses
from polycast_textit.request import Content, Uploads, check_files, escape, to_content
from polycast_textit.response import (
    broadcast_id,
    broadcast_state,
    classify_response,
    items,
    refused_entries,
    to_bulk_receipt,
    to_id,
    to_report,
)

_Payload = tuple[Content, Addresses]


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One workspace of TextIt, or of another RapidPro server.

    Args:
        token: the workspace's API token.
        host: the server: a host name such as `app.rapidpro.io`, or a whole address such as
            `http://rapidpro.example.org:8000`. `base_url`, where given, stands in place of
            the whole of it, with the path up to `/api/v2`.
        max_text_length: characters (code points) that a text may have. TextIt takes 4096;
            older RapidPro servers take 640 unless set up otherwise.
    """

    token: Secret
    host: SecretUrl = attrs.field(default=SecretUrl("textit.com"), converter=SecretUrl)
    max_text_length: int = attrs.field(default=4096, validator=at_least(1))


class TextIt(HttpProvider):
    """TextIt, and every other RapidPro server.

    A message is a broadcast to one recipient: TextIt keeps no other kind, and answers only for
    broadcasts as a whole. It chooses the channel itself, by the URN.
    """

    settings: Settings
    api: Client

    name = "textit"
    Api = Client
    Settings = Settings
    retry = Retry(base=1.0)
    classify_response = staticmethod(classify_response)
    features: ClassVar[Features] = Features(
        channels=(),
        schemes=("*",),
        bulk_limit=LIMIT,
        personalisation=Personalisation.NONE,
        all_or_nothing=True,
        text_required=False,
        media=True,
        reports=True,
        lookup=True,
        options=Options,
        normal_form=spelled_once,
        escape=escape,
    )

    def __init__(self, settings: ProviderSettings) -> None:
        """Connect to the workspace of the settings; nothing is sent before the first call."""
        super().__init__(settings)
        self._uploads = Uploads(self.api)

    def auth(self) -> Auth:
        """Return the token as a header."""
        return Client.SECURITY["token"].auth(self.settings.token)

    def address(self) -> dict[str, Any]:
        """Return where the server is: `host` is a host name, or a whole address."""
        # Both may hold a password, and frames are shown when they are refused.
        base_url, host = self.settings.base_url, SecretUrl(self.settings.host.reveal().rstrip("/"))
        if base_url is None and "://" in host.reveal():
            base_url = SecretUrl(host.reveal() + "/api/v2")
        # A whole address is no host name: it has no part in the spec's own address.
        return {"base_url": base_url} if base_url is not None else {"variables": {"host": host}}

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> _Payload:
        """Build the request, or refuse what TextIt does not take: texts, files, addresses."""
        content = to_content(request, self.settings.max_text_length)
        check_files(item for item in content.media if isinstance(item, Path))
        return content, to_addresses(_as_broadcast(request).recipients)

    @hookimpl
    def send(self, message: Message, payload: _Payload) -> Receipt:
        """Create a broadcast to one recipient."""
        (receipt,) = self.send_bulk(message.as_broadcast(), payload).receipts
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: _Payload) -> BulkReceipt:
        """Create one broadcast; up to 100 each of URNs, contacts and groups."""
        content, addresses = payload
        wanted = content.encode(addresses.fields, self._uploads)
        try:
            created = self.api.create_broadcast(wanted)
        except errors.Rejected as error:
            named = refused_entries(error.raw, addresses.fields)
            if named is not None:
                error.refused = {
                    place: detail
                    for entry, detail in named.items()
                    for place in addresses.places_of(entry)
                }
            raise
        return self._receipt(created, broadcast, addresses)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a broadcast has come; its recipients' reports are fetched when read."""
        known = to_id(id)
        by_id = {"id": known} if isinstance(known, int) else {"uuid": known}
        broadcast = self._the_one(self.api.list_broadcasts(**by_id), known)
        state, detail = broadcast_state(broadcast, silent=State.UNKNOWN)
        total = none_if_unset(broadcast.progress.total) if broadcast.progress else None
        return Status(
            id=id,
            state=state,
            reports=Reports(lambda: self._reports(broadcast)),
            detail=detail,
            # TextIt says -1 until it has counted.
            expected=total if total is not None and total >= 0 else None,
            # TextIt has no word for a broadcast beyond this: only the reports go further.
            final=True if state is State.SENT else None,
            raw=broadcast,
        )

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Tell whether TextIt lists a broadcast that says the same to the same recipients.

        TextIt keeps no mark of ours. A request that is still under way is not listed yet: ask
        no sooner than the reply would have been waited for. Any other broadcast with the same
        text since then leaves it in doubt.
        """
        content, addresses = self.prepare(broadcast)

        def listing(after: datetime | Unset) -> Iterator[m.Broadcast | Undecodable]:
            return items(
                "list_broadcasts",
                lambda cursor: self.api.list_broadcasts(after=after, cursor=cursor),
            )

        wanted = Wanted(addresses.fields, content)
        made = look_up(listing, lambda: self.api.transport.clock_skew, wanted, since)
        return None if made is None else self._receipt(made, broadcast, addresses)

    def _receipt(
        self, created: m.Broadcast, broadcast: Broadcast, addresses: Addresses
    ) -> BulkReceipt:
        id = broadcast_id(created)
        if id is None:
            detail = "it answered with a broadcast that has neither a UUID nor a number."
            raise errors.OutcomeUnknown(detail, operation="create_broadcast", raw=created)
        return to_bulk_receipt(created, id, broadcast, addresses)

    def _reports(self, broadcast: m.Broadcast) -> Iterator[Report]:
        if broadcast.id is UNSET:
            raise errors.Unsupported(
                "This server does not tell how far each recipient's message has come: it lists "
                f"messages by a broadcast's number, and gives {broadcast.uuid} none."
            )
        number = broadcast.id
        for message in items(
            "list_messages",
            lambda cursor: self.api.list_messages(broadcast=number, cursor=cursor),
        ):
            # Newer servers pass the filter over in silence and list everybody's messages.
            if (
                not isinstance(message, Undecodable)
                and message.broadcast != number
                and "broadcast" not in message.unread
            ):
                raise errors.Unsupported(
                    "This server does not tell how far each recipient's message has come: "
                    f"asked for the messages of broadcast {number}, it lists others."
                )
            yield to_report(message)

    def _the_one(self, page: m.BroadcastPage, known: int | str) -> m.Broadcast:
        operation, unreadable = "list_broadcasts", ""
        for broadcast in page.results:
            if isinstance(broadcast, Undecodable):
                unreadable = f", one of which cannot be read ({broadcast.error})"
            elif known in (broadcast.id, str(broadcast.uuid).lower()):
                return broadcast
        if page.results:
            # Servers pass over a filter that they do not know, and list everything.
            detail = f"asked for the broadcast {known}, it lists others{unreadable}"
            raise errors.InvalidResponse(detail, operation=operation, raw=page)
        detail = f"there is no broadcast {known} in this workspace."
        raise errors.NotFound(detail, operation=operation)


def _as_broadcast(request: Message | Broadcast) -> Broadcast:
    return request.as_broadcast() if isinstance(request, Message) else request
