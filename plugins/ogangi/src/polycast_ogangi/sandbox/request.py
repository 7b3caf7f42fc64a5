"""What a request holds: recipients as a file of columns, as JSON or in Base64; and a signature.

The file's columns are number, sender, carrier, encoding, time zone, text, then the
parameters `{0}`, `{1}` and so on (Ogangi page, "SMSs Recipient List": the order of its
sample rows, which contradicts the order of its list). It is written with commas and
quotes, or, up to version 5.3.52, with semicolons and no quotes. The JSON is the page's
assumption, for the provider's description of it was not available.
"""

import csv
import hmac
import io
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import evolve, field, frozen
from polycast import sandbox
from polycast.sandbox import Call, raw_path
from werkzeug.exceptions import NotFound

__all__ = [
    "Recipient",
    "Row",
    "Unreadable",
    "normalised",
    "read_base64",
    "read_file",
    "read_json",
    "read_row",
    "signature_of",
    "values_of",
]

_COLUMNS = 6
_STANDARD = str.maketrans("-_", "+/")
_NUMBER = re.compile(r"\+?\d{5,15}")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


class Unreadable(Exception):
    """These are not recipients."""


@frozen
class Row:
    """One line of a recipient list."""

    number: str
    sender: str
    carrier: str
    encoding: str
    timezone: str
    text: str
    problem: str | None
    """The message status that tells what is wrong with the line, or None."""


@frozen
class Recipient:
    """One recipient of a broadcast; `text` is None where the broadcast's own stands."""

    number: str
    text: str | None
    params: tuple[str, ...] = field(converter=tuple)

    @property
    def is_valid(self) -> bool:
        """Whether the number is one."""
        return _NUMBER.fullmatch(self.number) is not None

    def reads(self, text: str) -> str:
        """Return the text with this recipient's parameters in it."""
        return _filled(self.text if self.text is not None else text, self.params)


_Entry = TypeVar("_Entry", Row, Recipient)


def normalised(given: _Entry) -> _Entry:
    """Return a recipient with digits alone for a number, and no needless blanks in the text."""
    text = given.text and " ".join(given.text.split())
    return evolve(given, number=re.sub(r"\D", "", given.number), text=text)


def read_base64(text: str) -> str:
    """Read a value that is written in Base64, as UTF-8: in either alphabet, padded or not.

    Raises:
        Unreadable: it is not.
    """
    padded = text.translate(_STANDARD) + "=" * (-len(text) % 4)
    try:
        return b64decode(padded, validate=True).decode()
    except ValueError as error:
        raise Unreadable(str(error)) from error


def read_file(content: bytes) -> list[Row]:
    """Read a recipient list, of either way of writing it.

    Raises:
        Unreadable: a line has too few columns, or the file is no such list.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8: {error}") from error
    quoted = text.lstrip().startswith('"')
    lines: Iterator[list[str]] = (
        csv.reader(io.StringIO(text, newline=""), strict=True)
        if quoted
        else (line.split(";") for line in text.splitlines())
    )
    try:
        rows = [read_row(columns) for columns in lines if any(columns)]
    except csv.Error as error:
        raise Unreadable(str(error)) from error
    if not rows:
        raise Unreadable("nobody is in the list")
    return rows


def read_json(text: str) -> list[Recipient]:
    """Read the recipients of a broadcast.

    Raises:
        Unreadable: this is not a list of objects with a `mobileNumber`.
    """
    try:
        items = sandbox.read_json(text)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    if not isinstance(items, list) or not items:
        raise Unreadable("not a list of recipients")
    return [_recipient(item) for item in items]


def read_row(columns: Sequence[str]) -> Row:
    """Read the columns of one line.

    Raises:
        Unreadable: there are too few.
    """
    if len(columns) < _COLUMNS:
        raise Unreadable(f"a line has {len(columns)} columns instead of {_COLUMNS} or more")
    number, sender, carrier, encoding, timezone, text, *params = columns
    encoding = encoding or "UTF-8"
    return Row(
        number=number,
        sender=sender,
        carrier=carrier,
        encoding=encoding,
        timezone=timezone,
        text=_filled(text, params),
        problem=_problem(number, sender, encoding, timezone),
    )


def _problem(number: str, sender: str, encoding: str, timezone: str) -> str | None:
    if not _NUMBER.fullmatch(number):
        return "BAD_TO"
    if not sender.strip():
        return "BAD_FROM"
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        return "BAD_ENCODING"
    try:
        ZoneInfo(timezone)
    except (ValueError, ZoneInfoNotFoundError):
        return "BAD_TIMEZONE"
    return None


def _recipient(item: object) -> Recipient:
    if not isinstance(item, dict):
        raise Unreadable("a recipient is not an object")
    number, text, params = item.get("mobileNumber"), item.get("text"), item.get("params", [])
    if not isinstance(number, str) or not isinstance(text, str | None):
        raise Unreadable("a recipient lacks a mobileNumber, or its text is not a text")
    if not isinstance(params, list) or not all(isinstance(param, str) for param in params):
        raise Unreadable("params is not a list of texts")
    return Recipient(number, text, params)


def _filled(text: str, params: Sequence[str]) -> str:
    """Put parameters in their places; a place without one stays as it is."""
    known = dict(zip(map(str, count()), params, strict=False))
    return _PLACEHOLDER.sub(lambda place: known.get(place[1], place[0]), text)


#: Methods with values in Base64 (Ogangi page, "URL structure").
_ESCAPED = ("send_sms", "list_broadcasts")
#: Path values that are signed; no two methods have any of them in different orders (Ogangi
#: page, "Signature").
_SIGNED = (
    "instanceId",
    "broadcastId",
    "shortcode",
    "userName",
    "shortcodeIgnore",
    "campaignName",
    "date",
    "carrier",
    "from",
    "mobileNumber",
    "messageId",
    "type",
    "initialDate",
    "finalDate",
    "page",
    "resultsPerPage",
    "parameters",
    "text",
)
_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: b64encode(digest).decode(),
    "base64url": lambda digest: urlsafe_b64encode(digest).decode(),
}


def values_of(call: Call, template: str) -> Mapping[str, str]:
    """Return the values in a call's address, both keys among them.

    The address is unescaped before it is divided, but for methods with values in Base64, whose
    slashes are escaped. The signature is the rest: it may hold slashes.

    Args:
        call: the call.
        template: its path, as the spec has it.

    Raises:
        NotFound: there are too few.
    """
    *names, last = re.findall(r"\{(\w+)\}", template)
    path = raw_path(call.request).removeprefix(template.partition("{")[0])
    values = (path if call.operation in _ESCAPED else unquote(path)).split("/", len(names))
    if len(values) <= len(names):
        raise NotFound
    if call.operation in _ESCAPED:
        values = [*map(unquote, values)]
    return dict(zip([*names, last], values, strict=True))


def signature_of(values: Mapping[str, str], private_key: str, encoding: str) -> str:
    """Return the right signature: HMAC-SHA256 of the decoded path values in their order."""
    message = "/".join(values[name] for name in _SIGNED if name in values)
    return _ENCODINGS[encoding](hmac.digest(private_key.encode(), message.encode(), "sha256"))
