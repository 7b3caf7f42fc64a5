"""Masks secrets in what the HTTP libraries log."""

import contextlib
import contextvars
import logging
from collections.abc import Iterator

from polycast.masking.redaction import Redactor

__all__ = ["redacting"]

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
