"""JSON as bytes, strictly: UTF-8, no NaN or Infinity, and every failure a `DecodeError`.

Where orjson is installed (`polycast[fast]`) it does the writing. It does not do the reading:
integers beyond 64 bits would come back as fractions.
"""

import json
import math
from types import ModuleType
from typing import Any, NoReturn

from polycast.wire.structure import DecodeError, EncodeError

__all__ = ["parse", "write"]

orjson: ModuleType | None
try:
    import orjson
except ImportError:
    orjson = None


def _refuse_constant(name: str) -> NoReturn:
    raise DecodeError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise DecodeError("a number is too large")
    return number


_decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
# A value that holds itself ends in a RecursionError; looking for it beforehand takes a tenth
# of the time, measured.
_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
)


def parse(content: bytes) -> Any:
    """Read one JSON value.

    Args:
        content: UTF-8, with or without a byte order mark.

    Raises:
        DecodeError: it is not UTF-8, not JSON, nested too deeply, or holds a number that
            Python cannot.
    """
    try:
        return _decoder.decode(content.decode("utf-8-sig"))
    except DecodeError:
        raise
    except UnicodeDecodeError as error:
        raise DecodeError(f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DecodeError(f"not JSON: {error.msg} ({place})") from error
    except RecursionError:
        raise DecodeError("nested too deeply") from None
    except ValueError as error:
        # The interpreter's limit on digits, against quadratic time.
        raise DecodeError("a number has too many digits") from error


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
