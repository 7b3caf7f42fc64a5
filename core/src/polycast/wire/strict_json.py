"""JSON as bytes. Reading takes what can be read; writing is strict.

In an answer, what Python cannot hold costs its own field and not the answer: NaN, Infinity,
`1e999`, integers of thousands of digits, halves of surrogate pairs and bytes that are no UTF-8
become `Unreadable`. Of a key that stands twice in one object the last one counts.

Where orjson is installed (`polycast[fast]`) it does the writing. It does not do the reading:
integers beyond 64 bits would come back as fractions.
"""

import json
import math
import re
from types import ModuleType
from typing import Any

from polycast.wire.structure import DecodeError, EncodeError
from polycast.wire.unread import Unreadable

__all__ = ["parse", "write"]

orjson: ModuleType | None
try:
    import orjson
except ImportError:
    orjson = None


def _finite(digits: str) -> float | Unreadable:
    number = float(digits)
    return Unreadable(digits) if math.isinf(number) else number


def _whole(digits: str) -> int | Unreadable:
    # The interpreter's limit on digits, against quadratic time.
    return int(digits) if len(digits) < _MOST_DIGITS else Unreadable(digits)


_MOST_DIGITS = 4300
_decoder = json.JSONDecoder(parse_constant=Unreadable, parse_float=_finite)
#: Takes twice as long as the other: it calls Python for every integer.
_patient_decoder = json.JSONDecoder(
    parse_constant=Unreadable, parse_float=_finite, parse_int=_whole
)
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_NO_CHARACTER = re.compile("[\ud800-\udfff]")
# A value that holds itself ends in a RecursionError; looking for it beforehand takes a tenth
# of the time, measured.
_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
)


def parse(content: bytes) -> Any:
    """Read one JSON value.

    Args:
        content: UTF-8, with or without a byte order mark.

    Returns:
        The value; in it, `Unreadable` for each number and text that Python cannot hold.

    Raises:
        DecodeError: it is not JSON, or nested too deeply.
    """
    problem = ""
    try:
        text = content.decode("utf-8-sig")
        escaped = "\\ud" in text or "\\uD" in text
        damaged = escaped and _HALF.search(_PAIR.sub("", text)) is not None
    except UnicodeDecodeError as error:
        problem = f" (not UTF-8 at byte {error.start})"
        text, damaged = content.decode("utf-8-sig", "surrogateescape"), True
    try:
        try:
            value = _decoder.decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:
            value = _patient_decoder.decode(text)
        return _mended(value) if damaged else value
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DecodeError(f"not JSON: {error.msg} ({place}){problem}") from error
    except RecursionError:
        raise DecodeError("nested too deeply") from None


def _mended(value: Any) -> Any:
    """Return a value without halves of surrogate pairs."""
    match value:
        case str():
            text = _NO_CHARACTER.sub("\ufffd", value)
            return value if text == value else Unreadable(text)
        case list():
            return [_mended(item) for item in value]
        case dict():
            return {_NO_CHARACTER.sub("\ufffd", key): _mended(item) for key, item in value.items()}
    return value


def write(value: object) -> bytes:
    """Write one JSON value as UTF-8, without spaces.

    Raises:
        EncodeError: it holds NaN or infinity, half of a surrogate pair, itself, or a type
            that JSON has no word for.
    """
    if orjson is not None:
        try:
            content: bytes = orjson.dumps(
                value, option=orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
            )
        except orjson.JSONEncodeError:
            pass  # What it cannot write, Python may: integers beyond 64 bits, keys of any kind.
        else:
            # NaN and infinity become null without a word, so a null is looked at again.
            if b"null" not in content:
                return content
    try:
        return _encoder.encode(value).encode()
    except UnicodeEncodeError as error:
        raise EncodeError("half of a surrogate pair cannot be written") from error
    except RecursionError:
        raise EncodeError("nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise EncodeError(f"cannot be written as JSON: {error}") from error
