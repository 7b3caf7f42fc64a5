"""Keeps secrets out of everything that is shown: errors, causes, logs."""

import base64
import contextlib
import contextvars
import logging
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

__all__ = ["MASK", "Redactor", "scrubbed"]

MASK = "***"


#: A secret that is shorter occurs by chance in ids, dates and words: where an answer is decoded,
#: it is left alone, or the message could not be asked about again. Errors mask it all the same.
_SHORTEST_IN_ANSWERS = 6
_RUN = re.compile("[A-Za-z0-9]+")
_CONTROLS = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_ENTITIES = {'"': "quot", "'": "apos", "&": "amp", "<": "lt", ">": "gt"}


def _pattern_of(secret: str) -> str:
    """A pattern of every form in which a secret may turn up in a URL, a header, JSON or XML.

    Letters and digits stand as they are. Each other character may be escaped in any of these
    ways, as often as the echo was wrapped up again: JSON in JSON, or a URL in a web page.
    """
    plain = "".join(c if c.isascii() and c.isalnum() else _escapes(c) for c in secret)
    encoded = re.escape(base64.b64encode(secret.encode("utf-8", "replace")).decode())
    return f"(?:{plain}|{encoded})"


#: A backslash, as it is or as a URL or a web page has it.
_BACKSLASH = r"(?:\\|%(?:25)*5c|&(?:amp;)*\#(?:0*92|x0*5c);)"


def _escapes(character: str) -> str:
    """A pattern of one character, escaped in whatever way."""
    if character == "\\":
        return f"{_BACKSLASH}+"
    octets = character.encode("utf-8", "replace")
    code = ord(character)
    plain = [
        re.escape(character),
        "".join(f"%(?:25)*{octet:02x}" for octet in octets),
        rf"&(?:amp;)*\#(?:0*{code}|x0*{code:x});",
    ]
    if not character.isascii():
        plain.append(re.escape(octets.decode("latin-1")))
    if character in _ENTITIES:
        plain.append(f"&(?:amp;)*{_ENTITIES[character]};")
    if character == " ":
        plain += [r"\+", "%(?:25)*2b"]
    after_backslash = [f"U{code:08x}"]
    if code < 0x10000:
        after_backslash.append(f"u{code:04x}")
    else:
        after_backslash.append(_surrogates(character))
    if code < 0x100:
        after_backslash.append(f"x{code:02x}")
    if character in _CONTROLS:
        after_backslash.append(_CONTROLS[character])
    return f"(?:{_BACKSLASH}*(?:{'|'.join(plain)})|{_BACKSLASH}+(?:{'|'.join(after_backslash)}))"


def _surrogates(character: str) -> str:
    high, low = struct.unpack(">HH", character.encode("utf-16-be"))
    return f"u{high:04x}{_BACKSLASH}+u{low:04x}"


def _joined(secrets: Iterable[str]) -> re.Pattern[str] | None:
    # Longest first, so that no secret leaves the tail of a longer one behind.
    patterns = [_pattern_of(secret) for secret in sorted(secrets, key=len, reverse=True)]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


class Redactor:
    """Masks a set of secrets wherever they occur, in every form they travel in."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Prepare to mask `secrets`; empty strings are left out."""
        self._secrets = frozenset(secret for secret in secrets if secret)
        self._long = [each for each in self._secrets if len(each) >= _SHORTEST_IN_ANSWERS]

    # Made when they are needed: a call that goes well needs none of the patterns, and a call
    # that is signed has secrets of its own.

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return _joined(self._secrets)

    @cached_property
    def _in_answers(self) -> re.Pattern[str] | None:
        return _joined(self._long)

    @cached_property
    def _probes(self) -> frozenset[bytes]:
        """Of each form of each secret, bytes that it cannot be without."""
        return frozenset(probe for secret in self._long for probe in _probes(secret))

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._secrets)} secrets>"

    def adding(self, secrets: Iterable[str]) -> "Redactor":
        """Return a redactor that masks these as well."""
        more = self._secrets.union(secrets)
        return self if more == self._secrets else Redactor(more)

    def text(self, text: str) -> str:
        """Return `text` with every secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def decoded(self, value: Any, body: bytes) -> Any:
        """Return what was decoded from `body` with every secret masked that is no short one.

        It costs nothing to speak of where the body holds none.
        """
        if not (any(probe in body for probe in self._probes) or (self._long and b"\0" in body)):
            return value
        assert self._in_answers is not None
        return _masked(value, self._in_answers)

    def value(self, value: Any) -> Any:
        """Return a JSON-like value with every secret masked, keys included."""
        return _masked(value, self._pattern) if self._pattern else value


def _probes(secret: str) -> Iterator[bytes]:
    longest = max(_RUN.findall(secret), key=len, default="")
    yield longest.encode()
    yield base64.b64encode(secret.encode("utf-8", "replace")).rstrip(b"=")


def _masked(value: Any, pattern: re.Pattern[str]) -> Any:
    match value:
        case str():
            return pattern.sub(MASK, value)
        case bytes():
            return pattern.sub(MASK, value.decode("latin-1")).encode("latin-1")
        case Mapping():
            return {_masked(key, pattern): _masked(item, pattern) for key, item in value.items()}
        case list():
            return [_masked(item, pattern) for item in value]
        case tuple():
            return tuple(_masked(item, pattern) for item in value)
    return value


def scrubbed(error: BaseException, redactor: Redactor) -> Exception:
    """Return a copy of a foreign exception that carries its words, without secrets.

    The copy has no link to the request it was about: `requests` hangs the whole request,
    headers and URL included, on its exceptions.
    """
    words = redactor.text(str(error))
    kind = type(error)
    try:
        copy = kind(words)
    except Exception:  # noqa: BLE001 - a constructor of a stranger may do anything
        return Exception(f"{kind.__module__}.{kind.__qualname__}: {words}")
    return copy if isinstance(copy, Exception) else Exception(f"{kind.__qualname__}: {words}")


# urllib3 logs the path of every request at DEBUG. What is masked there depends on the call
# under way, so the filter asks the context rather than keeping secrets in a global.

_ACTIVE: contextvars.ContextVar[Redactor | None] = contextvars.ContextVar(
    "polycast_redactor", default=None
)
_CHATTY = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.response")


class _RedactingFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        redactor = _ACTIVE.get()
        if redactor is not None:
            record.msg = redactor.text(record.getMessage())
            record.args = None
            if record.exc_info and record.exc_info[1] is not None:
                record.exc_info = None
        return True


_FILTER = _RedactingFilter()


for _name in _CHATTY:
    logging.getLogger(_name).addFilter(_FILTER)


@contextlib.contextmanager
def redacting(redactor: Redactor) -> Iterator[None]:
    """Mask secrets in what the HTTP libraries log while this call is under way."""
    token = _ACTIVE.set(redactor)
    try:
        yield
    finally:
        _ACTIVE.reset(token)
