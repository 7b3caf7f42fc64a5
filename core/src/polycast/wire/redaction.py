"""Keeps secrets out of everything that is shown: errors, causes, logs."""

import base64
import contextlib
import contextvars
import html
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import attrs

__all__ = ["MASK", "Redactor", "scrubbed"]

MASK = "***"


def _forms(secret: str) -> Iterator[str]:
    """Every form in which a secret may turn up in a URL, a header, JSON, XML or a log line."""
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote(secret, safe="~()*!.'")
    yield quote_plus(secret)
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield secret.encode().decode("latin-1")
    yield base64.b64encode(secret.encode()).decode()


class Redactor:
    """Masks a set of secrets wherever they occur, in every form they travel in."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Prepare to mask `secrets`; empty strings are left out."""
        self._secrets = frozenset(secret for secret in secrets if secret)
        forms = {form for secret in self._secrets for form in _forms(secret)}
        # Longest first, so that no secret leaves the tail of a longer one behind.
        pattern = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._pattern = re.compile(pattern, re.IGNORECASE) if pattern else None

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._secrets)} secrets>"

    def adding(self, secrets: Iterable[str]) -> "Redactor":
        """Return a redactor that masks these as well."""
        more = self._secrets.union(secrets)
        return self if more == self._secrets else Redactor(more)

    def text(self, text: str) -> str:
        """Return `text` with every secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """Return a JSON-like value with every secret masked, keys included."""
        if not self._pattern:
            return value
        match value:
            case str():
                return self.text(value)
            case bytes():
                return self.text(value.decode("latin-1")).encode("latin-1")
            case Mapping():
                return {self.value(key): self.value(item) for key, item in value.items()}
            case list():
                return [self.value(item) for item in value]
            case tuple():
                return tuple(self.value(item) for item in value)
        if attrs.has(type(value)):
            changes = {
                field.alias: self.value(getattr(value, field.name))
                for field in attrs.fields(type(value))
                if field.init
            }
            return attrs.evolve(value, **changes)
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
