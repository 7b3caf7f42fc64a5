"""The base of generated clients: turns typed calls into requests, and answers into values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast
from urllib.parse import quote, quote_plus, unquote, urlencode, urlsplit

from urllib3.filepost import encode_multipart_formdata

from polycast.errors import (
    InvalidResponse,
    OutcomeUnknown,
    PolycastError,
    SettingsError,
    UsageError,
)
from polycast.masking.redaction import scrubbed
from polycast.masking.secret import Secret, SecretUrl, hiding_locals
from polycast.wire import strict_json, strict_xml
from polycast.wire.answer import Answer
from polycast.wire.auth import Basic, BodyKey, Call, Custom, HeaderKey, QueryKey
from polycast.wire.files import File
from polycast.wire.structure import DecodeError, EncodeError
from polycast.wire.transport import Exchange, Transport
from polycast.wire.unread import reading
from polycast.wire.unset import UNSET

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["Client", "Joined"]

T = TypeVar("T")
_NOTHING: Mapping[str, object] = {}
_ACCEPT = {
    "json": "application/json",
    "xml": "application/xml, text/xml;q=0.9",
    "text": "text/plain, */*;q=0.5",
}


class Client:
    """What a generated client is made of: it declares, this class behaves.

    A provider's plugin builds one with a `Transport`; scripts reach it as `client.api`.
    """

    SPEC: ClassVar[str]
    SERVERS: ClassVar[Mapping[str, str]]
    VARIABLES: ClassVar[Mapping[str, str]] = {}
    SECURITY: ClassVar[Mapping[str, HeaderKey | QueryKey | BodyKey | Basic | Custom]] = {}
    CONVERTERS: ClassVar[Mapping[str, "Converter"]] = {}

    @hiding_locals
    def __init__(
        self,
        transport: Transport,
        *,
        base_url: str | SecretUrl | Mapping[str, str | SecretUrl] | None = None,
        variables: Mapping[str, str | SecretUrl] | None = None,
    ) -> None:
        """Prepare to talk to one server.

        Args:
            transport: carries the requests.
            base_url: taken as it is, in place of every server of the spec, or by the servers'
                names in place of those. A user name and password in it travel as HTTP Basic.
            variables: values for the variables in the spec's server URLs. One that may hold a
                password, if it is wrong, is a `SecretUrl`.

        Raises:
            SettingsError: the base URL, or a variable, cannot be part of a URL.
        """
        self.transport = transport
        filled = {**self.VARIABLES, **(variables or {})}
        self._headers: dict[str, str | Secret] = {"User-Agent": "polycast"}
        given: Mapping[str, str | SecretUrl | None]
        if base_url is None or isinstance(base_url, str | SecretUrl):
            given = dict.fromkeys(self.SERVERS, base_url)
        else:
            given = base_url
        self._servers = {
            name: self._clean(SecretUrl(given.get(name) or _address(template, filled)))
            for name, template in self.SERVERS.items()
        }

    def __repr__(self) -> str:
        hosts = ", ".join(dict.fromkeys(urlsplit(url).netloc for url in self._servers.values()))
        return f"<{type(self).__module__.partition('.')[0]} client of {hosts}>"

    @property
    def servers(self) -> Mapping[str, str]:
        """The addresses that calls go to, by the servers' names; without credentials."""
        return dict(self._servers)

    def _clean(self, secret: SecretUrl) -> str:
        """Return the URL without user name, password and trailing slash; keep the first two."""
        url = secret.reveal()
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
        except ValueError:
            raise SettingsError("base_url is not a URL.") from None
        if parts.scheme not in ("http", "https") or not host or (port is not None and port == 0):
            raise SettingsError("base_url does not start with http:// or https:// and a host.")
        if parts.query or parts.fragment:
            raise SettingsError("base_url has a query or a fragment: give only the address.")
        if not url.isprintable() or " " in url:
            raise SettingsError("base_url holds blanks or unprintable characters.")
        if parts.username is not None or parts.password is not None:
            login, password = unquote(parts.username or ""), unquote(parts.password or "")
            self.transport.hide(password, parts.password or "")
            basic = Basic().auth(login, Secret(password))
            self.transport.hide(*basic.secrets)
            self._headers["Authorization"] = Secret(f"Basic {basic.secrets[-1]}")
        clean = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        try:
            clean.netloc.encode("ascii")
        except UnicodeEncodeError:
            clean = clean._replace(netloc=_punycode(host, port))
        return quote(clean.geturl().rstrip("/"), safe="/:[]@!$&'()*+,;=~%")

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        responses: Mapping[str, tuple[str, type[T]]],
        *,
        path_values: Mapping[str, object] = _NOTHING,
        query: Mapping[str, object] = _NOTHING,
        headers: Mapping[str, object] = _NOTHING,
        body: tuple[str, object] | tuple[str, object, str] | None = None,
        supplied: tuple[str, ...] = (),
        safe: bool | None = None,
        server: str = "default",
        anonymous: bool = False,
    ) -> T:
        """Make one call of the spec; see `Transport.exchange` for what is raised."""
        exchange = self._exchange(
            operation, method, path, responses,
            path_values, query, headers, body, supplied,
            method in ("GET", "HEAD") if safe is None else safe, server, anonymous,
        )  # fmt: skip
        return self._decode(self.transport.exchange(exchange), responses)

    @hiding_locals
    def _exchange(
        self,
        operation: str,
        method: str,
        path: str,
        responses: Mapping[str, tuple[str, type[T]]],
        path_values: Mapping[str, object],
        query: Mapping[str, object],
        headers: Mapping[str, object],
        body: tuple[str, object] | tuple[str, object, str] | None,
        supplied: tuple[str, ...],
        safe: bool,
        server: str,
        anonymous: bool,
    ) -> Exchange:
        segments = {name: _segment(operation, name, value) for name, value in path_values.items()}
        pairs = _pairs(operation, query)
        extra: Mapping[str, str] = _NO_TEXTS
        if supplied:
            order = [name for name in _placeholders(path)[1::2] if name in segments]
            call = Call(
                operation=operation,
                method=method,
                path_values=tuple((name, segments[name]) for name in order),
                query=tuple(pairs),
            )
            extra = self.transport.auth.supply(call, supplied)
            for name in supplied:
                given = _segment(operation, name, extra.get(name))
                if name in _placeholders(path)[1::2]:
                    segments[name] = given
                else:
                    pairs.append((name, given))
        parts = _placeholders(path)
        url = self._servers[server] + "".join(
            quote(segments[part], safe="") if index % 2 else part
            for index, part in enumerate(parts)
        )
        if pairs:
            # Some specs have parameters in their paths: `/services?method=send`.
            url = f"{url}{'&' if '?' in ''.join(parts[::2]) else '?'}{_query(pairs)}"
        sent: dict[str, str | Secret] = dict(self._headers)
        if anonymous:
            sent.pop("Authorization", None)
        for format_, _ in responses.values():
            if format_ in _ACCEPT:
                sent["Accept"] = _ACCEPT[format_]
                break
        for name, value in headers.items():
            if value is not UNSET:
                sent[name] = _header(operation, name, value)
        content: bytes | None = None
        if body is not None and body[1] is not UNSET:
            content, sent["Content-Type"] = self._encode(operation, *body)
        return Exchange(
            operation=operation,
            method=method,
            url=url,
            headers=sent,
            body=content,
            safe=safe,
            anonymous=anonymous,
            supplied=tuple(extra.values()),
        )

    def _encode(
        self, operation: str, format_: str, value: object, media_type: str = ""
    ) -> tuple[bytes, str]:
        try:
            match format_:
                case "json":
                    data = self.CONVERTERS["json"].unstructure(value)
                    return strict_json.write(data), media_type or "application/json"
                case "form":
                    data = self.CONVERTERS["form"].unstructure(value)
                    return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
                case "multipart":
                    data = self.CONVERTERS["multipart"].unstructure(value)
                    return encode_multipart_formdata(_fields(data))
                case "xml":
                    data = self.CONVERTERS["xml"].unstructure(value)
                    return strict_xml.write(data), _in_utf_8(media_type or "application/xml")
                case "text" if isinstance(value, str):
                    return value.encode(), _in_utf_8(media_type or "text/plain")
                case "bytes" if isinstance(value, bytes):
                    return value, media_type or "application/octet-stream"
        except (EncodeError, UnicodeEncodeError, ValueError, TypeError, OSError) as error:
            detail = str(error)
            cause: Exception | None = scrubbed(error, self.transport.redactor)
        else:
            detail, cause = f"a {format_} body cannot be {type(value).__name__}", None
        raise UsageError(f"{operation} cannot be sent: {detail}") from cause

    def _decode(self, answer: Answer, responses: Mapping[str, tuple[str, type[T]]]) -> T:
        format_, kind = (
            responses.get(str(answer.status))
            or responses.get("2XX")
            # Providers answer 200 where they document 201, and the other way round.
            or next(iter(responses.values()))
        )
        try:
            match format_:
                case "json" | "xml":
                    tree = answer.json if format_ == "json" else answer.xml
                    with reading(f"{answer.provider} {answer.operation}"):
                        return self.CONVERTERS[format_].structure(tree, kind)
                case "text":
                    return cast(T, answer.text)
                case "bytes":
                    return cast(T, answer.body)
                case _:
                    return cast(T, None)
        except DecodeError as error:
            detail = str(error)
        raise self._unreadable(answer, detail)

    def _unreadable(self, answer: Answer, detail: str) -> PolycastError:
        detail = f"{detail}. It sent {answer.excerpt or 'nothing'}"
        if answer.safe:
            return answer.error(InvalidResponse, detail)
        return answer.error(OutcomeUnknown, detail)


_NO_TEXTS: Mapping[str, str] = {}


def _address(template: str, variables: Mapping[str, str | SecretUrl]) -> str:
    if not template:
        raise SettingsError("base_url is missing: the provider's spec names no server.")
    return template.format_map(_checked(variables))


def _checked(variables: Mapping[str, str | SecretUrl]) -> Mapping[str, str]:
    texts = {
        name: value.reveal() if isinstance(value, SecretUrl) else value
        for name, value in variables.items()
    }
    for name, text in texts.items():
        if quote(text, safe=":[]") != text:
            raise SettingsError(f"{name} cannot be part of the provider's address.")
    return texts


def _punycode(host: str, port: int | None) -> str:
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise SettingsError("base_url has a host that is no domain name.") from None
    return f"{name}:{port}" if port else name


@lru_cache(maxsize=512)
def _placeholders(path: str) -> tuple[str, ...]:
    """Split `/a/{b}/c` into text and names, alternating: `("/a/", "b", "/c")`."""
    parts: list[str] = []
    for piece in path.split("{"):
        name, closed, rest = piece.partition("}")
        parts += [name, rest] if closed else [piece]
    return tuple(parts)


class Joined:
    """A list that is one value of a parameter.

    Args:
        items: the list; `str` is no list.
        between: what stands between its items: `,`, a blank or `|`.
    """

    __slots__ = ("between", "items")

    def __init__(self, items: object, between: str) -> None:
        self.items = items
        self.between = between


class _JoinedText(str):
    """A list as text; in a query, what joins its items is not escaped as the items are."""

    __slots__ = ("quoted",)
    quoted: str

    def __new__(cls, items: list[str], between: str) -> Self:
        text = super().__new__(cls, between.join(items))
        joint = "," if between == "," else quote(between)
        text.quoted = joint.join(quote_plus(item) for item in items)
        return text


def _text(operation: str, name: str, value: object) -> str:
    """Write a value as the text of a parameter, strictly: nothing becomes "None" by accident."""
    match value:
        case Joined(items=list() | tuple() as items, between=between):
            return _JoinedText([_text(operation, name, item) for item in items], between)
        case Joined(items=item):
            return _text(operation, name, item)
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime() if value.utcoffset() is None:
            raise UsageError(f"{operation}: {name} has no time zone.")
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
    raise UsageError(f"{operation}: {name} cannot be {type(value).__name__}.")


def _segment(operation: str, name: str, value: object) -> str:
    text = _text(operation, name, value)
    if text in ("", ".", ".."):
        # Observed: urllib3 turns /status/.. into /, and servers do the same with %2E%2E.
        raise UsageError(f"{operation}: {name} cannot be {text!r}.")
    return text


def _in_utf_8(media_type: str) -> str:
    return f"{media_type}; charset=utf-8"


def _pairs(operation: str, query: Mapping[str, object]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in query.items():
        if value is UNSET:
            continue
        items = value if isinstance(value, list | tuple) else [value]
        if isinstance(value, Joined) and not value.items:
            continue
        pairs += [(name, _text(operation, name, item)) for item in items]
    return pairs


def _query(pairs: list[tuple[str, str]]) -> str:
    return "&".join(
        f"{quote_plus(name)}={text.quoted if isinstance(text, _JoinedText) else quote_plus(text)}"
        for name, text in pairs
    )


def _header(operation: str, name: str, value: object) -> str:
    text = _text(operation, name, value)
    if not text.isascii() or not text.isprintable():
        raise UsageError(f"{operation}: the header {name} cannot carry this value.")
    return text


def _fields(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    fields: list[tuple[str, Any]] = []
    for name, value in data.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, File):
                fields.append((name, (item.name, _content(item), item.media_type)))
            else:
                fields.append((name, item))
    return fields


def _content(file: File) -> bytes:
    return file.content if isinstance(file.content, bytes) else file.content.read()
