"""A fake TextIt server: broadcasts, media and messages of one workspace.

Written from TextIt's page, not from our client. The workspace begins with the contacts
Joe, Ana and one who has no address, and the group Customers. What becomes of a message
is chosen by how its address ends (`SimulatedOutcome`): a URN ending in `0000` is
refused as invalid, and with it the whole broadcast, as the server does; `1111` fails
after it was wired; `2222` is retried (`errored`) and then given up, since the server
knows no expiry; `3333` is delivered but the reply to the request is lost.

Posting a single message is not part of it.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil
from mimetypes import guess_type
from typing import ClassVar, Literal
from urllib.parse import quote
from uuid import uuid4

from polycast.sandbox import (
    Accepted,
    Call,
    Clock,
    ProviderSandbox,
    Refused,
    RequestLimit,
    json_response,
    read_spec,
)
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request, Response

from polycast_textit.sandbox.request import BrokenServer, draft
from polycast_textit.sandbox.response import filtered, integer, page
from polycast_textit.sandbox.state import Broadcast, Media, Message, Workspace

__all__ = ["TextItSandbox"]

#: Things on a page (TextIt page, "Pagination").
PAGE_SIZE = 250
_MEDIA_LIMIT = 25 * 1024 * 1024
_IMAGES = ("apng", "avif", "gif", "jpeg", "png", "webp")
_FOLDERS = {
    "outbox": ("queued", "wired", "errored"),
    "sent": ("sent", "delivered", "read"),
    "failed": ("failed",),
}
_ONE_OF = ("contact", "folder", "label", "broadcast")
_BLOCKED = (
    "Sorry, your workspace is currently {}. To re-enable starting flows and sending messages,"
    " please contact support."
)


class TextItSandbox(ProviderSandbox):
    """A fake TextIt server with one workspace.

    Args:
        clock: what tells the time.
        token: the API token it accepts.
        email: the user it accepts with HTTP Basic, the token being the password.
        anonymous: hide URNs, as a workspace can be set to.
        blocked: the workspace may not send.
        country: where numbers without a country code are taken to be from, as two letters.
        old: answer as RapidPro 9.0.0: it ignores the filter `uuid`, and drops quick replies.
        requests_per_hour: more than this are answered 429; no limit when None.
        page_size: things on a page.
    """

    name = "textit"
    spec = read_spec("polycast_textit._client", "textit.yaml")
    default_settings: ClassVar[Mapping[str, object]] = {"token": "sandbox-token"}

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        token: str = "sandbox-token",
        email: str = "demo@example.com",
        anonymous: bool = False,
        blocked: Literal["flagged", "suspended"] | None = None,
        country: str | None = "RW",
        old: bool = False,
        requests_per_hour: int | None = None,
        page_size: int = PAGE_SIZE,
    ) -> None:
        super().__init__(clock)
        self.token = token
        self.email = email
        self.anonymous = anonymous
        self.blocked = blocked
        self._limit = RequestLimit(requests_per_hour, timedelta(hours=1))
        self.page_size = page_size
        self.old = old
        self.workspace = Workspace(country=country)

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message of every broadcast, and when it arrives."""
        for broadcast in self.workspace.broadcasts:
            for message in broadcast.messages:
                to = message.urn or f"contact:{message.contact.uuid}"
                accepted = Accepted(to, message.text, "", broadcast.created_on, str(message.uuid))
                yield accepted, message.arrives_at

    # Around every request.

    def check(self, call: Call) -> None:
        """Authenticate."""
        if call.request.method == "HEAD":
            raise MethodNotAllowed
        detail = self._unauthenticated(call.request)
        if detail is not None:
            raise Refused({"detail": detail}, HTTPStatus.FORBIDDEN)

    def carry_out(self, call: Call) -> Response:
        """Count, and carry out."""
        wait = self._limit.wait(self.clock.now())
        if wait is not None:
            return self.throttled(ceil(wait))
        try:
            response = super().carry_out(call)
        except BrokenServer:
            return self.broken(HTTPStatus.INTERNAL_SERVER_ERROR)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            response.headers["X-Temba-Workspace"] = str(self.workspace.uuid)
        return response

    def unroutable(self, request: Request, error: HTTPException) -> Response:
        """Answer a request that no operation takes."""
        if isinstance(error, MethodNotAllowed):
            detail = f'Method "{request.method}" not allowed.'
            return _detail(detail, HTTPStatus.METHOD_NOT_ALLOWED)
        return _detail("Not found.", HTTPStatus.NOT_FOUND)

    def throttled(self, retry_after: int | str | None) -> Response:
        """Answer a client that asks too often; no header when the wait is unknown or zero."""
        detail = "Request was throttled."
        if isinstance(retry_after, int):
            unit = "second" if retry_after == 1 else "seconds"
            detail += f" Expected available in {retry_after} {unit}."
        response = _detail(detail, HTTPStatus.TOO_MANY_REQUESTS)
        if retry_after:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def broken(self, status: int) -> Response:
        """Answer as a server that fails: a plain sentence, labelled as HTML."""
        detail = "Server Error. Site administrators have been notified."
        return Response(detail, status, mimetype="text/html")

    def _unauthenticated(self, request: Request) -> str | None:
        """Return what is wrong with the credentials: 403, never 401 (TextIt page, section 1)."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "token":
            return None if credentials == self.token else "Invalid token"
        if scheme.lower() == "basic":
            accepted = b64encode(f"{self.email}:{self.token}".encode()).decode()
            return None if credentials == accepted else "Invalid token or email"
        return "Authentication credentials were not provided."

    # The operations.

    def list_broadcasts(self, call: Call) -> Response:
        """List broadcasts."""
        listed = self.listing.known(
            self.workspace.broadcasts, lambda broadcast: broadcast.created_on, self.clock.now()
        )
        size = self.listing.page_size or self.page_size
        found = filtered(call.request, listed, by_uuid=not self.old)
        told = page(call.request, found, size, self._broadcast)
        told["results"] = self.listing.ordered(told["results"])
        for broadcast in told["results"]:
            if broadcast["urns"]:
                broadcast["urns"] = self.listing.ordered(broadcast["urns"])
        return json_response(told)

    def create_broadcast(self, call: Call) -> Response:
        """Create a broadcast."""
        if call.request.mimetype != "application/json":
            detail = f'Unsupported media type "{call.request.content_type}" in request.'
            return _detail(detail, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            body = call.json()
        except ValueError as error:
            raise Refused({"detail": f"JSON parse error - {error}"}) from None
        if self.blocked is not None and isinstance(body, dict):
            raise Refused({"non_field_errors": [_BLOCKED.format(self.blocked)]})
        written = draft(body, self.workspace)
        if call.problems:
            raise Refused({"detail": " ".join(call.problems)})
        if self.old:
            written.quick_replies = {}
        translations = written.translations()
        broadcast = self.workspace.broadcast(
            urns=written.urns,
            contacts=written.contacts,
            groups=written.groups,
            translations=translations,
            base_language=written.base_language or next(iter(translations)),
            now=self.clock.now(),
        )
        self.lose_reply(*(message.urn or "" for message in broadcast.messages))
        return json_response(self._broadcast(broadcast), HTTPStatus.CREATED)

    def upload_media(self, call: Call) -> Response:
        """Store a file."""
        file = call.request.files.get("file")
        if file is None or not file.filename:
            raise Refused({"file": ["No file was submitted."]})
        filename = file.filename
        content_type = file.mimetype or guess_type(filename)[0] or ""
        if not _is_allowed(content_type):
            raise Refused({"file": ["Unsupported file type."]})
        size = len(file.read())
        if not size:
            raise Refused({"file": ["The submitted file is empty."]})
        if size > _MEDIA_LIMIT:
            raise Refused({"file": ["Limit for file uploads is 25.0 MB."]})
        uuid = uuid4()
        url = f"{call.request.root_url}media/{uuid}/{quote(filename)}"
        media = Media(uuid, content_type, url, filename, size)
        self.workspace.media.append(media)
        return json_response(media.json(), HTTPStatus.CREATED)

    def list_messages(self, call: Call) -> Response:
        """List messages."""
        args = call.request.args
        if sum(name in args for name in _ONE_OF) > 1:
            detail = f"You may only specify one of the {', '.join(_ONE_OF)} parameters"
            raise Refused({"detail": detail})
        now = self.clock.now()
        messages = [
            message
            for broadcast in self.workspace.broadcasts
            for message in broadcast.messages
            if message.created_on <= now
        ]
        try:
            number = integer(call.request, "broadcast")
        except Refused:
            # Unlike `id`, this one is not checked before the database is asked.
            raise BrokenServer from None
        if number is not None:
            messages = [message for message in messages if message.broadcast == number]
        if "contact" in args:
            messages = [m for m in messages if str(m.contact.uuid) == args["contact"]]
        if "label" in args:
            messages = []
        if "folder" in args:
            states = _FOLDERS.get(args["folder"], ())
            messages = [message for message in messages if message.status(now) in states]

        def moment(message: Message) -> datetime:
            by_sending = args.get("folder") == "sent"
            return (message.sent_on(now) if by_sending else None) or message.created_on

        listed = page(
            call.request,
            filtered(call.request, messages),
            self.page_size,
            lambda message: message.json(now, anonymous=self.anonymous),
            moment,
        )
        return json_response(listed)

    def _broadcast(self, broadcast: Broadcast) -> dict[str, object]:
        return broadcast.json(self.clock.now(), anonymous=self.anonymous)


def _is_allowed(content_type: str) -> bool:
    family, _, kind = content_type.partition("/")
    return (
        family in ("audio", "video")
        or (family == "image" and kind in _IMAGES)
        or content_type == "application/pdf"
    )


def _detail(detail: str, status: int) -> Response:
    return json_response({"detail": detail}, status)
