"""Looks for sentinels in whatever is shown, by other means than the product's own masking."""

import base64
import logging
import pickle
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs
import polycast
from rich.traceback import Traceback

from tests.workspace import PLUGINS, ROOT

__all__ = ["CORE", "Records", "assert_hidden", "hits", "sentinel", "shown_by"]

#: The heart of every sentinel. No escaping changes it.
CORE = "s3nt1nelQ7x"
_OURS = (
    str(Path(polycast.__file__).parent),
    *(str(each.source) for each in PLUGINS),
    str(ROOT / "examples"),
)


def sentinel(name: str) -> str:
    """Return a credential that looks different in JSON, in XML, in a URL and in a `repr`."""
    return f"{name}\"{CORE}'<+&=% \\{CORE}."


def _encoded() -> Iterator[str]:
    # What Base64 makes of the heart, wherever it begins in a group of three bytes.
    for before in range(3):
        text = base64.b64encode(b"\0" * before + CORE.encode()).decode().rstrip("=")
        yield text[-(-before * 4 // 3) + 1 : -1]


_NEEDLES = (CORE, *_encoded())


def hits(shown: Iterable[tuple[str, str | bytes]]) -> Iterator[str]:
    """Yield the places in which a sentinel shows, each with what stands around it."""
    for place, content in shown:
        text = content.decode("latin-1") if isinstance(content, bytes) else content
        for needle in _NEEDLES:
            at = text.lower().find(needle.lower()) if needle == CORE else text.find(needle)
            if at >= 0:
                yield f"{place}: ...{text[max(0, at - 60) : at + 20]!r}"


def assert_hidden(shown: Iterable[tuple[str, str | bytes]]) -> None:
    """Fail where a sentinel shows, with the places."""
    found = list(dict.fromkeys(hits(shown)))
    assert not found, "A secret shows in\n" + "\n".join(found[:20])


def shown_by(thing: object) -> Iterator[tuple[str, str | bytes]]:
    """Yield all that an error, or a result, shows of itself, by the name of the place."""
    if isinstance(thing, BaseException):
        yield from _shown_by_error(thing)
    else:
        yield from _shown_by_result(thing)


# Results


def _shown_by_result(thing: object) -> Iterator[tuple[str, str | bytes]]:
    yield "repr", repr(thing)
    yield "str", str(thing)
    yield from _inside(thing, "", 0)
    yield from _pickled(thing)


def _inside(thing: object, place: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the values in a result, also those that its `repr` leaves out."""
    if depth > 8:
        return
    yield f"the value at {place or 'the top'}", f"{thing!r}"
    kind: type[Any] = type(thing)
    if attrs.has(kind):
        for field in attrs.fields(kind):
            yield from _inside(getattr(thing, field.name), f"{place}.{field.name}", depth + 1)
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from _inside(value, f"{place}[{key!r}]", depth + 1)
    elif isinstance(thing, list | tuple):
        for index, value in enumerate(thing):
            yield from _inside(value, f"{place}[{index}]", depth + 1)


def _pickled(thing: object) -> Iterator[tuple[str, bytes]]:
    try:
        yield "the pickle", pickle.dumps(thing)
    except (TypeError, AttributeError, pickle.PicklingError):
        return  # What refuses to be pickled shows nothing that way.


# Errors


def _shown_by_error(error: BaseException) -> Iterator[tuple[str, str | bytes]]:
    below = _below(error.__traceback__)
    yield "the traceback", "".join(traceback.format_exception(type(error), error, below))
    for link in _chain(error):
        name = type(link).__name__
        yield f"{name}'s str", str(link)
        yield f"{name}'s repr", repr(link)
        yield f"{name}'s arguments", repr(link.args)
        yield f"{name}'s notes", repr(getattr(link, "__notes__", ()))
        for key, value in vars(link).items():
            yield from _inside(value, f"{name}.{key}", 0)
        for key in ("url", "request", "response"):
            about = getattr(link, key, None)
            yield f"{name}'s {key}", f"{about!r} {getattr(about, '__dict__', '')!r}"
        yield from _frames(link)
        yield from _pickled(link)
    yield from _as_rich_prints(error, below)


def _chain(error: BaseException) -> Iterator[BaseException]:
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        link = pending.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        pending += [link.__cause__, link.__context__]
        if isinstance(link, BaseExceptionGroup):
            pending += link.exceptions


def _frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the locals of the frames of ours, as error trackers print them: one level deep."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if not frame.f_code.co_filename.startswith(_OURS):
            continue
        for name, value in frame.f_locals.items():
            place = f"the local {name} of {frame.f_code.co_qualname}"
            yield place, _printed(value)
            members: Iterable[object] = ()
            if isinstance(value, Mapping):
                members = [*value.keys(), *value.values()]
            elif isinstance(value, list | tuple | set | frozenset):
                members = value
            for member in members:
                yield f"a member of {place}", _printed(member)


def _printed(value: object) -> str:
    try:
        return f"{value!r} {value}"
    except Exception as error:  # noqa: BLE001 - a tracker prints that, too
        return f"<{error}>"


def _as_rich_prints(error: BaseException, below: TracebackType | None) -> Iterator[tuple[str, str]]:
    told = Traceback.extract(
        type(error),
        error,
        below,
        show_locals=True,
        locals_max_length=1000,
        locals_max_string=100_000,
    )
    for stack in told.stacks:
        for frame in stack.frames:
            if not frame.filename.startswith(_OURS):
                continue
            for name, node in (frame.locals or {}).items():
                place = f"what rich prints of the local {name} of {frame.name}"
                yield place, node.render(max_width=1_000_000)


def _below(tb: TracebackType | None) -> TracebackType | None:
    """Return the frames below the tests' own, which know the sentinels."""
    here = str(Path(__file__).parent)
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(here):
        tb = tb.tb_next
    return tb


# Logs


class Records(logging.Handler):
    """Keeps all that any library logs at DEBUG while it is entered."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.shown: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self._level)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record: its text, and what stands in it."""
        place = f"the log of {record.name}"
        self.shown.append((place, self.format(record)))
        self.shown.append((place, f"{record.msg!r} {record.args!r} {record.exc_info!r}"))
        if record.exc_info and record.exc_info[1] is not None:
            self.shown += [(f"{place}, {p}", str(t)) for p, t in shown_by(record.exc_info[1])]
