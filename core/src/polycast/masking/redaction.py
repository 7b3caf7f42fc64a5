"""Masks secrets in texts, values and errors, in every form that they travel in."""

import base64
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

import attrs

from polycast.masking.secret import MASK, Secret, SecretUrl

__all__ = ["MASK", "Redactor", "scrubbed", "secrets_of"]

T = TypeVar("T")


#: A secret that is shorter occurs by chance in ids, dates and words: where an answer is decoded,
#: it is left alone, or the message could not be asked about again. Errors mask it all the same.
_SHORTEST_IN_ANSWERS = 6
#: Lists and objects inside each other that are looked into; what lies deeper is masked whole.
_DEEPEST = 100
_RUN = re.compile("[A-Za-z0-9]+")
_CONTROLS = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_ENTITIES = {'"': "quot", "'": "apos", "&": "amp", "<": "lt", ">": "gt"}


def _pattern_of(secret: str) -> str:
    """Return a pattern of every form of a secret in a URL, a header, JSON or XML.

    Letters and digits are not escaped. Each other character may be escaped in any of these ways,
    several times: JSON in JSON, or a URL in a web page.
    """
    plain = "".join(c if c.isascii() and c.isalnum() else _escapes(c) for c in secret)
    encoded = re.escape(base64.b64encode(secret.encode("utf-8", "replace")).decode())
    return f"(?:{plain}|{encoded})"


#: A backslash, as it is or as a URL or a web page has it.
_BACKSLASH = r"(?:\\|%(?:25)*5c|&(?:amp;)*\#(?:0*92|x0*5c);)"


def _escapes(character: str) -> str:
    """Return a pattern of one character in every escaped form."""
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
    """Masks a set of secrets in every form: plain, URL-encoded, JSON, XML, Base64."""

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
        """Yield bytes that every form of the secret contains, for a quick search."""
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

    def beginning(self, text: str, most: int) -> str:
        """Return the first characters of a text, masked, without half a secret at the end.

        Args:
            text: of any length.
            most: how many characters are returned at most.
        """
        # A secret is longer in its escaped forms; what was cut in two is dropped.
        reach = 24 * max(map(len, self._secrets), default=0)
        piece = text[: most + reach]
        masked = self.text(piece)
        return masked[: min(most, max(0, len(masked) - reach)) if len(piece) < len(text) else most]

    def decoded(self, value: Any, body: bytes) -> Any:
        """Return what was decoded from `body` with every secret masked that is no short one.

        It is fast where the body contains none.
        """
        if not self._may_be_in(body):
            return value
        assert self._in_answers is not None
        return _masked(value, self._in_answers)

    def reading(self, body: bytes, read: Callable[[], T]) -> T:
        """Return what `read` makes of what a provider pushed, masked as by `decoded`.

        An error that it raises is masked, too, and so are its causes. It leaves without the
        frames below, which hold the body.
        """
        if not self._may_be_in(body):
            return read()
        del body
        assert self._in_answers is not None
        try:
            value: T = _masked(read(), self._in_answers)
        except Exception as error:  # noqa: BLE001 - it goes on
            left = error
        else:
            return value
        link: BaseException | None = left
        while link is not None:
            link.args = _masked(link.args, self._in_answers)
            vars(link).update(_masked(vars(link), self._in_answers))
            link.with_traceback(None)
            cause = link.__cause__
            link.__context__ = cause
            link = cause
        raise left

    def value(self, value: Any) -> Any:
        """Return a JSON-like value with every secret masked, keys included."""
        return _masked(value, self._pattern) if self._pattern else value

    def _may_be_in(self, body: bytes) -> bool:
        return any(probe in body for probe in self._probes) or (bool(self._long) and b"\0" in body)


def _probes(secret: str) -> Iterator[bytes]:
    longest = max(_RUN.findall(secret), key=len, default="")
    yield longest.encode()
    yield base64.b64encode(secret.encode("utf-8", "replace")).rstrip(b"=")


def _masked(value: Any, pattern: re.Pattern[str], depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return MASK
    deeper = depth + 1
    match value:
        case Enum():
            return value
        case str():
            return pattern.sub(MASK, value)
        case bytes():
            return pattern.sub(MASK, value.decode("latin-1")).encode("latin-1")
        case Mapping():
            return {
                _masked(key, pattern, deeper): _masked(item, pattern, deeper)
                for key, item in value.items()
            }
        case list():
            return [_masked(item, pattern, deeper) for item in value]
        case tuple():
            return tuple(_masked(item, pattern, deeper) for item in value)
    if attrs.has(type(value)):
        fields = [field for field in attrs.fields(type(value)) if field.init and field.alias]
        return attrs.evolve(
            value,
            **{
                str(field.alias): _masked(getattr(value, field.name), pattern, deeper)
                for field in fields
            },
        )
    return value


def secrets_of(settings: object) -> list[str]:
    """Return the credentials that an account's settings hold."""
    found: list[str] = []
    kind: type[object] = type(settings)
    for field in attrs.fields(kind) if attrs.has(kind) else ():
        value = getattr(settings, field.name)
        if isinstance(value, Secret):
            found.append(value.reveal())
        elif isinstance(value, SecretUrl):
            found += value.passwords()
    return found


def scrubbed(error: BaseException, redactor: Redactor) -> Exception:
    """Return a copy of an exception of another library, with its message masked.

    The copy does not refer to the request: exceptions of `requests` carry the whole request, with
    headers and URL.
    """
    words = redactor.text(str(error))
    kind = type(error)
    try:
        copy = kind(words)
    except Exception:  # noqa: BLE001 - a constructor of a stranger may do anything
        return Exception(f"{kind.__module__}.{kind.__qualname__}: {words}")
    return copy if isinstance(copy, Exception) else Exception(f"{kind.__qualname__}: {words}")
