"""TextIt as a provider: the hooks, each three moves: encode, call, decode."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import attrs
from polycast import (
    Broadcast,
    BulkReceipt,
    Features,
    InvalidResponse,
    Message,
    NotFound,
    OutcomeUnknown,
    Personalisation,
    ProviderSettings,
    Receipt,
    Rejected,
    Report,
    Reports,
    Secret,
    SecretUrl,
    State,
    Status,
    Unsupported,
    hookimpl,
)
from polycast.wire import UNSET, Retry, Transport, Undecodable, Unset

from polycast_textit._client import Client
from polycast_textit._client import models as m
from polycast_textit.addresses import LIMIT, Addresses, spelled_once, to_addresses
from polycast_textit.content import Content, to_content
from polycast_textit.errors import judge, refused_entries
from polycast_textit.expressions import escape
from polycast_textit.lookup import Wanted, look_up
from polycast_textit.mapping import (
    broadcast_id,
    broadcast_state,
    to_bulk_receipt,
    to_id,
    to_receipt,
    to_report,
)
from polycast_textit.options import Options
from polycast_textit.pages import items
from polycast_textit.uploads import Uploads, check_files

__all__ = ["Settings", "TextIt"]

_NAME = "textit"

_Payload = tuple[Content, Addresses]


def _check_length(instance: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if value < 1:
        raise ValueError("max_text_length is a positive number of characters")


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
    max_text_length: int = attrs.field(default=4096, validator=_check_length)


@attrs.define(eq=False)
class TextIt:
    """TextIt, and every other RapidPro server.

    A message is a broadcast to one recipient: TextIt keeps no other kind, and answers only for
    broadcasts as a whole. It chooses the channel itself, by the URN.
    """

    settings: Settings
    api: Client = attrs.field(init=False)
    _uploads: Uploads = attrs.field(init=False)

    Settings = Settings
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

    def __attrs_post_init__(self) -> None:
        settings = self.settings
        transport = Transport(
            _NAME,
            auth=Client.SECURITY["token"].auth(settings.token),
            timeout=settings.timeout,
            deadline=settings.deadline,
            judge=judge,
            retry=Retry(base=1.0),
        )
        # Both may hold a password, and this frame is shown when they are refused.
        base_url, host = settings.base_url, SecretUrl(settings.host.reveal().rstrip("/"))
        if base_url is None and "://" in host.reveal():
            base_url = SecretUrl(host.reveal() + "/api/v2")
        if base_url is not None:
            # A whole address is no host name: it has no part in the spec's own address.
            host = SecretUrl("textit.com")
        self.api = Client(transport, base_url=base_url, variables={"host": host})
        self._uploads = Uploads(self.api)

    def close(self) -> None:
        """Close the connections."""
        self.api.transport.close()

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> _Payload:
        """Build the request, or refuse what TextIt does not support: texts, files, addresses."""
        content = to_content(request, self.settings.max_text_length)
        check_files(item for item in content.media if isinstance(item, Path))
        people = [request] if isinstance(request, Message) else request.recipients
        return content, to_addresses(people)

    @hookimpl
    def send(self, message: Message, payload: _Payload) -> Receipt:
        """Create a broadcast to one recipient."""
        created = self._create(*payload)
        return to_receipt(created, _known_id(created), message)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: _Payload) -> BulkReceipt:
        """Create one broadcast; up to 100 each of URNs, contacts and groups."""
        content, addresses = payload
        created = self._create(content, addresses)
        return to_bulk_receipt(created, _known_id(created), broadcast, addresses)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a broadcast has come; its recipients' reports are fetched when read."""
        known = to_id(id)
        page = (
            self.api.list_broadcasts(id=known)
            if isinstance(known, int)
            else self.api.list_broadcasts(uuid=known)
        )
        broadcast = _the_one(page, known)
        state, detail = broadcast_state(broadcast, silent=State.UNKNOWN)
        total = UNSET if broadcast.progress is UNSET else broadcast.progress.total
        return Status(
            id=id,
            state=state,
            reports=Reports(lambda: self._reports(broadcast)),
            detail=detail,
            # TextIt says -1 until it has counted.
            expected=None if total is UNSET or total < 0 else total,
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
        content = to_content(broadcast, self.settings.max_text_length)
        addresses = to_addresses(broadcast.recipients)

        def listing(after: datetime | Unset) -> Iterator[m.Broadcast | Undecodable]:
            return items(
                "list_broadcasts",
                lambda cursor: self.api.list_broadcasts(after=after, cursor=cursor),
            )

        wanted = Wanted(addresses.fields, content)
        made = look_up(listing, lambda: self.api.transport.clock_skew, wanted, since)
        return (
            None if made is None else to_bulk_receipt(made, _known_id(made), broadcast, addresses)
        )

    def _create(self, content: Content, addresses: Addresses) -> m.Broadcast:
        wanted = content.encode(addresses.fields, self._uploads)
        try:
            return self.api.create_broadcast(wanted)
        except Rejected as error:
            named = refused_entries(error.raw, addresses.fields)
            if named is not None:
                error.refused = {
                    place: detail
                    for entry, detail in named.items()
                    for place in addresses.places_of(entry)
                }
            raise

    def _reports(self, broadcast: m.Broadcast) -> Iterator[Report]:
        if broadcast.id is UNSET:
            raise Unsupported(
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
                raise Unsupported(
                    "This server does not tell how far each recipient's message has come: "
                    f"asked for the messages of broadcast {number}, it lists others."
                )
            yield to_report(message)


def _known_id(created: m.Broadcast) -> str:
    id = broadcast_id(created)
    if id is None:
        raise OutcomeUnknown(
            "it answered with a broadcast that has neither a UUID nor a number.",
            provider=_NAME,
            operation="create_broadcast",
            raw=created,
        )
    return id


def _the_one(page: m.BroadcastPage, known: int | str) -> m.Broadcast:
    unreadable = ""
    for broadcast in page.results:
        if isinstance(broadcast, Undecodable):
            unreadable = f", one of which cannot be read ({broadcast.error})"
        elif known in (broadcast.id, str(broadcast.uuid).lower()):
            return broadcast
    if page.results:
        # Servers pass over a filter that they do not know, and list everything.
        raise InvalidResponse(
            f"asked for the broadcast {known}, it lists others{unreadable}",
            provider=_NAME,
            operation="list_broadcasts",
            raw=page,
        )
    raise NotFound(
        f"there is no broadcast {known} in this workspace.",
        provider=_NAME,
        operation="list_broadcasts",
    )
