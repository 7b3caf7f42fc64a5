"""Where a secret shows: in what is raised, returned, logged and kept."""

import base64
import json
import logging
import pickle
import re
import threading
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, quote_plus

from rich.traceback import Traceback

__all__ = ["Records", "found", "shown_by_error", "shown_by_value"]

_HERE = str(Path(__file__).parent)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


def found(secrets: Iterable[str], shown: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the places in which a secret shows, in whatever form."""
    forms = {form for secret in secrets for form in _forms(secret)}
    for place, text in shown:
        decoded = (_decoded(token) for token in _BASE64.findall(text))
        if any(form in text for form in forms) or any(
            form in each for each in decoded for form in forms
        ):
            yield place


def _forms(secret: str) -> set[str]:
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }


def _decoded(token: str) -> str:
    try:
        padded = token + "=" * (-len(token) % 4)
        return base64.b64decode(padded, altchars=b"-_" if set("-_") & set(token) else None).decode(
            "latin-1"
        )
    except ValueError:
        return ""


def shown_by_value(value: object) -> Iterator[tuple[str, str]]:
    """Yield what a result shows of itself, by the name of the place."""
    yield "the result", repr(value)
    yield "the result's raw", repr(getattr(value, "raw", None))
    for each in getattr(value, "receipts", ()):
        yield "a receipt's raw", repr(each.raw)


def shown_by_error(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield all that an error shows, by the name of the place."""
    yield "str", str(error)
    yield "repr", repr(error)
    yield "the facts", repr(vars(error))
    yield "the notes", repr(getattr(error, "__notes__", ()))
    yield "the traceback", "".join(traceback.format_exception(error))
    yield "the pickle", pickle.dumps(error).decode("latin-1")
    yield from _locals(error)
    for cause in _causes(error):
        yield "a cause", repr((cause, vars(cause)))


def _locals(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the locals of the frames of ours, as `rich` and error trackers print them."""
    told = Traceback.extract(
        type(error),
        error,
        _below(error.__traceback__),
        show_locals=True,
        locals_max_length=1000,
        locals_max_string=100_000,
    )
    for stack in told.stacks:
        for frame in stack.frames:
            if frame.filename.startswith(_HERE):
                continue
            for name, node in (frame.locals or {}).items():
                yield f"the local {name} of {frame.name}", node.render(max_width=1_000_000)


def _below(tb: TracebackType | None) -> TracebackType | None:
    """Return the frames below our own, which know the secrets."""
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(_HERE):
        tb = tb.tb_next
    return tb


def _causes(error: BaseException) -> Iterator[BaseException]:
    pending: list[BaseException | None] = [error.__cause__, error.__context__]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__]


class Records(logging.Handler):
    """Keeps everything that is logged at DEBUG, each thread's apart."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._by_thread: dict[int, list[str]] = {}

    def __enter__(self) -> Self:
        self._level = logging.getLogger().level
        logging.getLogger().addHandler(self)
        logging.getLogger().setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self._level)

    def begin(self) -> list[str]:
        """Return a new list, to which what the calling thread logs is added from now on."""
        kept: list[str] = []
        self._by_thread[threading.get_ident()] = kept
        return kept

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        kept = self._by_thread.get(threading.get_ident())
        if kept is not None:
            kept.append(self.format(record))
