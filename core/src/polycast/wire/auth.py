"""How a request proves who sends it: schemes named by a spec, and what applies them."""

import base64
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

import attrs
from requests import PreparedRequest

from polycast.errors import SettingsError, UsageError
from polycast.masking.secret import Secret, hiding_locals
from polycast.wire import strict_json

__all__ = [
    "AllOf",
    "Auth",
    "Basic",
    "BodyKey",
    "Call",
    "Custom",
    "HeaderKey",
    "NoAuth",
    "QueryKey",
]


@attrs.frozen(kw_only=True)
class Call:
    """One call as it is about to be made, for an `Auth` that signs it.

    Args:
        operation: its name in the spec.
        method: the HTTP method.
        path_values: the caller's path parameters in URL order, as text, not yet escaped.
        query: the query parameters in order, as text, not yet escaped.
    """

    operation: str
    method: str
    path_values: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...] = ()


class Auth(Protocol):
    """Adds credentials to requests, and names the secrets that must never be shown."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every credential, as it could appear in what is shown."""

    def supply(self, call: Call, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return the values of the parameters that the spec leaves to the auth object.

        Args:
            call: the call they are for.
            names: the parameters the spec marks as supplied, e.g. `("publicKey", "signature")`.
        """

    def apply(self, request: PreparedRequest) -> None:
        """Add credentials to a request that is ready but for them."""


@attrs.frozen
class NoAuth:
    """Adds nothing."""

    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)

    def supply(self, call: Call, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return nothing: a spec that asks for supplied parameters needs an `Auth` of its own."""
        return {}

    def apply(self, request: PreparedRequest) -> None:
        """Leave the request as it is."""


@attrs.frozen
class AllOf:
    """Several credentials at once, e.g. a key and a secret in a header each.

    Args:
        parts: what adds each of them, in the order they are added.
    """

    parts: tuple[Auth, ...]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets of all parts."""
        return tuple(secret for part in self.parts for secret in part.secrets)

    def supply(self, call: Call, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return what the parts supply together."""
        values: dict[str, str] = {}
        for part in self.parts:
            values.update(part.supply(call, names))
        return values

    def apply(self, request: PreparedRequest) -> None:
        """Add the credentials of every part."""
        for part in self.parts:
            part.apply(request)


@attrs.frozen
class _HeaderAuth(NoAuth):
    name: str = ""
    value: Secret = attrs.field(kw_only=True)

    def apply(self, request: PreparedRequest) -> None:
        request.headers[self.name] = self.value.reveal()


@attrs.frozen
class _QueryAuth(NoAuth):
    name: str = ""
    value: Secret = attrs.field(kw_only=True)

    def apply(self, request: PreparedRequest) -> None:
        assert request.url is not None
        mark = "&" if urlsplit(request.url).query else "?"
        request.url += f"{mark}{quote(self.name, safe='')}={quote(self.value.reveal(), safe='')}"


@attrs.frozen
class _BodyAuth(_QueryAuth):
    def apply(self, request: PreparedRequest) -> None:
        body = request.body
        if body is None:
            super().apply(request)
            return
        assert isinstance(body, bytes)
        secret = self.value.reveal()
        match request.headers.get("Content-Type"):
            case "application/x-www-form-urlencoded":
                pair = urlencode({self.name: secret}).encode()
                request.body = body + b"&" + pair if body else pair
            case "application/json" if body.startswith(b"{"):
                # The rest stays as it is: a broadcast's megabytes are not read again.
                pair = strict_json.write({self.name: secret})[:-1]
                request.body = pair + (b"}" if body == b"{}" else b"," + body[1:])
            case _:
                raise UsageError(
                    f"The request cannot be sent: its body is no form and no JSON object, so it "
                    f"cannot carry {self.name!r}."
                )


@attrs.frozen
class HeaderKey:
    """A secret in a header: `Authorization: Token ...`, `X-API-Key: ...`."""

    name: str
    prefix: str = ""

    @hiding_locals
    def auth(self, secret: Secret) -> Auth:
        """Return what puts `secret` there.

        Raises:
            SettingsError: the secret cannot stand in a header.
        """
        value = secret.reveal()
        if not (value.isascii() and value.isprintable() and value.strip() == value and value):
            raise SettingsError(
                f"The secret for the header {self.name} holds characters that no header can "
                "carry (a blank or line break at an end, or a letter outside ASCII), or is empty."
            )
        return _HeaderAuth((value,), self.name, value=Secret(self.prefix + value))


@attrs.frozen
class QueryKey:
    """A secret in the query string."""

    name: str

    def auth(self, secret: Secret) -> Auth:
        """Return what puts `secret` there."""
        return _QueryAuth((secret.reveal(),), self.name, value=secret)


@attrs.frozen
class BodyKey:
    """A secret in the body, as a field of a form or a property of a JSON object.

    It keeps out of URLs, which servers and proxies log; a request that has no body carries it
    in its query string all the same.
    """

    name: str

    def auth(self, secret: Secret) -> Auth:
        """Return what puts `secret` there."""
        return _BodyAuth((secret.reveal(),), self.name, value=secret)


@attrs.frozen
class Basic:
    """HTTP Basic; logins and passwords outside ASCII travel as UTF-8 (RFC 7617)."""

    @hiding_locals
    def auth(self, login: str, password: Secret) -> Auth:
        """Return what adds the header.

        Raises:
            SettingsError: the login holds a colon, which Basic cannot carry.
        """
        if ":" in login:
            raise SettingsError("The login holds a colon, which HTTP Basic cannot carry.")
        pair = f"{login}:{password.reveal()}"
        encoded = base64.b64encode(pair.encode()).decode()
        return _HeaderAuth(
            (password.reveal(), pair, encoded), "Authorization", value=Secret(f"Basic {encoded}")
        )


@attrs.frozen
class Custom:
    """A scheme that the plugin's own `Auth` carries out, e.g. a signature in the path."""
