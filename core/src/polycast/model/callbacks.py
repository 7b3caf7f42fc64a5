"""What a provider pushes: the request, and what people write back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs

from polycast.errors import UsageError
from polycast.model.serialization import Serializable
from polycast.model.validators import check_bytes, check_mapping, check_optional

__all__ = ["CallbackRequest", "Reply"]


def _to_headers(given: Any) -> Mapping[str, str]:
    """Return headers by their names in small letters; what comes twice is joined by a comma.

    A WSGI environment is known by its `REQUEST_METHOD`, and its other variables are passed over.
    """
    pairs = given.items() if hasattr(given, "items") else given
    if isinstance(pairs, str | bytes) or not isinstance(pairs, Iterable):
        raise UsageError(f"headers is a mapping or a list of pairs, not {type(given).__name__}.")
    in_wsgi = isinstance(given, Mapping) and "REQUEST_METHOD" in given
    headers: dict[str, str] = {}
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise UsageError(f"headers is a list of pairs of name and value, not of {pair!r:.80}.")
        name, value = (each.decode("latin-1") if isinstance(each, bytes) else each for each in pair)
        if in_wsgi:
            if not name.startswith("HTTP_") and name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                continue
            name = name.removeprefix("HTTP_").replace("_", "-")
        if not isinstance(name, str) or not isinstance(value, str):
            raise UsageError("The name and the value of a header are strings.")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@attrs.frozen(kw_only=True)
class CallbackRequest:
    """One HTTP request that a provider made to you, as your web framework hands it over.

    Args:
        body: the bytes, before anything reads them as a form or as JSON.
        headers: the HTTP headers: a mapping or pairs of name and value, e.g. `request.headers` of
            Flask, Django and Starlette, or a WSGI environment. They are kept by their names in
            small letters.
        url: the whole address that the provider called, with scheme, host, path and query.
            Behind a proxy, that is the address outside, not the one that the proxy calls. Needed
            where the provider signs it.
        query: the parameters of the URL; those of `url` if it is left out.
        method: the HTTP method.

    Raises:
        UsageError: a field is of another type.
    """

    body: bytes = attrs.field(validator=check_bytes, repr=lambda body: f"<{len(body)} bytes>")
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_to_headers, repr=False)
    # It is not shown: addresses of callbacks often have a secret in them.
    url: str | None = attrs.field(default=None, validator=check_optional, repr=False)
    query: Mapping[str, str] = attrs.field(validator=check_mapping, repr=False)
    method: str = "POST"

    @query.default
    def _query_of_url(self) -> Mapping[str, str]:
        try:
            return dict(parse_qsl(urlsplit(self.url or "").query, keep_blank_values=True))
        except (ValueError, AttributeError):
            return {}

    def header(self, name: str) -> str | None:
        """Return a header's value, whatever the case of its name; None where it is absent."""
        return self.headers.get(name.lower())


@attrs.frozen
class Reply(Serializable):
    """What a person wrote to one of your senders, as the provider pushed it.

    Args:
        sender: who wrote, as an address: `Message(reply.sender, ...)` answers. Where the provider
            tells no address, its own words.
        to: the sender of yours that it was written to, as the provider tells it.
        text: what was written; None where there are only media.
        id: the provider's handle for it.
        received_at: when the provider received it, where it tells; it has a time zone.
        media: URLs of pictures and files; the provider may ask for credentials there.
        raw: the provider's own words, the rest included.
    """

    sender: str
    to: str | None = None
    text: str | None = None
    id: str | None = None
    received_at: datetime | None = None
    media: tuple[str, ...] = ()
    raw: object = attrs.field(default=None, repr=False, eq=False)
