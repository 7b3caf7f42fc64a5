"""JSON as bytes: read as far as it can be read, written strictly."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polycast.wire import DecodeError, EncodeError, read_scalar, strict_json
from polycast.wire.unread import Unreadable

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@dataclass
class Point:
    x: int


@pytest.fixture(params=["orjson", "the standard library"])
def writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who writes: orjson, which is an extra, or Python itself."""
    name = str(request.param)
    if name == "orjson":
        pytest.importorskip("orjson")
    else:
        monkeypatch.setattr(strict_json, "orjson", None)
    return name


@given(value=VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(writer: str, value: object) -> None:
    """Every JSON value survives, whoever writes it."""
    try:
        content = strict_json.write(value)
    except EncodeError:
        return
    assert strict_json.parse(content) == value


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('"привіт"'.encode(), "привіт"),
        (b" [] \n", []),
    ],
)
def test_what_is_json(content: bytes, value: object) -> None:
    """UTF-8 is read, with or without a byte order mark."""
    assert strict_json.parse(content) == value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"[] []", "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        ('{"привіт": '.encode("windows-1251"), "not UTF-8 at byte 2"),
        ('"x"'.encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_not(content: bytes, words: str) -> None:
    """Each failure is a DecodeError with one readable sentence, never another exception."""
    with pytest.raises(DecodeError) as caught:
        strict_json.parse(content)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
        (b"1e999", "1e999"),
        (b"9" * 5000, "9" * 5000),
        (rb'"a\ud800b"', "a\ufffdb"),
        (rb'"\uDC00\uD800"', "\ufffd\ufffd"),
        ('"привіт"'.encode("windows-1251"), "\ufffd" * 6),
    ],
)
def test_what_python_cannot_hold_costs_itself_alone(content: bytes, text: str) -> None:
    """It is marked where it stands, fits no field, and what is around it is read."""
    around = strict_json.parse(
        b'{"a": [' + content + b'], "id": "7", "n": [1, 2.5, "\\ud83d\\ude00"]}'
    )
    assert around == {"a": [Unreadable(text)], "id": "7", "n": [1, 2.5, "\N{GRINNING FACE}"]}
    for kind in (str, int, float, bool):
        with pytest.raises(DecodeError, match="what Python cannot hold"):
            read_scalar(around["a"][0], ".a", "a value", kind)


def test_a_key_that_stands_twice() -> None:
    """The last one counts, as in every other reader of JSON that is in wide use."""
    assert strict_json.parse(b'{"id": 1, "id": 2}') == {"id": 2}


@pytest.mark.usefixtures("writer")
def test_what_is_written_is_compact_utf_8() -> None:
    """No blanks and no escapes that are not needed."""
    assert strict_json.write({"a": ["ї", None, True]}) == '{"a":["ї",null,true]}'.encode()


@pytest.mark.usefixtures("writer")
def test_what_cannot_be_written() -> None:
    """Each failure is an EncodeError, so that nothing is sent."""
    loop: list[object] = []
    loop.append(loop)
    deep: list[object] = []
    for _ in range(200_000):
        deep = [deep]
    strange = (b"x", {1, 2}, {(1,): 2}, object(), datetime(2026, 1, 1, tzinfo=UTC), Point(1))
    for value in (math.nan, [math.inf], {"a": [-math.inf]}, "\ud800", *strange, loop, deep):
        with pytest.raises(EncodeError):
            strict_json.write(value)
    while deep:
        (deep,) = deep  # type: ignore[assignment]
