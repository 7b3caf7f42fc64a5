"""The helpers under generated code: strict, and exact about the place of what is wrong."""

import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from polycast import wire
from polycast.wire import UNSET, DecodeError, EncodeError, Undecodable


def decode_even(value: object) -> int:
    """Read an even number."""
    if type(value) is not int or value % 2:
        raise wire.expected("an even number", value)
    return value


def encode_even(value: object) -> object:
    """Write an even number."""
    if type(value) is not int or value % 2:
        raise wire.refused("an even number", value)
    return value


def test_unset_is_one_falsy_value() -> None:
    """UNSET is a single value, false, and shows as itself; it survives pickling as itself."""
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a whole number"),
        (1.5, "a fraction"),
        ("secret", "a string"),
        ([], "a list"),
        ({}, "an object"),
        (b"", "a value of type bytes"),
    ],
)
def test_an_error_names_the_kind_and_never_the_value(value: object, words: str) -> None:
    """Answers hold people's numbers and names: errors tell what kind of value was found."""
    error = wire.expected("a date", value, ".a")
    assert str(error) == f"$.a: expected a date, found {words}"
    assert "secret" not in str(error)


def test_an_error_survives_pickling() -> None:
    """An error made in a worker process arrives with its problem and path."""
    error = pickle.loads(pickle.dumps(DecodeError("odd", ".a[0]")))
    assert (str(error), error.path) == ("$.a[0]: odd", ".a[0]")


@pytest.mark.parametrize("size", [1, 2, 7, 100, 1000])
def test_the_index_of_the_item_at_fault(size: int) -> None:
    """The path of an error in a list names the first item that does not fit, at any length."""
    for at in {0, size // 2, size - 1}:
        values: list[object] = [2] * size
        values[at] = 3
        with pytest.raises(DecodeError) as caught:
            wire.read_list(values, decode_even, ".x")
        assert caught.value.path == f".x[{at}]"
        with pytest.raises(EncodeError) as refused:
            wire.write_list(values, encode_even, ".x")
        assert refused.value.path == f".x[{at}]"
        values = ["a"] * size
        values[at] = None
        for function in (wire.read_scalars, wire.write_scalars):
            with pytest.raises(ValueError, match=rf"^\$\.x\[{at}\]: expected a string, found null"):
                function(values, str, "a string", ".x")


def test_another_error_is_not_swallowed() -> None:
    """An error that is not about the data passes through unchanged."""

    def broken(value: object) -> object:
        raise ZeroDivisionError(value)

    for function in (wire.read_list, wire.read_tolerant_list, wire.write_list):
        with pytest.raises(ZeroDivisionError):
            function([1], broken)


def test_paths_nest() -> None:
    """Each level puts its own place before what is inside it."""

    def decode_rows(value: object) -> list[dict[str, int]]:
        return wire.read_list(value, lambda row: wire.read_dict(row, decode_even), ".rows")

    assert wire.read([{"a": 2}], decode_rows, ".page") == [{"a": 2}]
    with pytest.raises(DecodeError) as caught:
        wire.read([{"a": 2}, {"a": 2, "b c'": 1}], decode_rows, ".page")
    assert str(caught.value) == (
        '$.page.rows[1]["b c\'"]: expected an even number, found a whole number'
    )


def test_an_overlong_key_is_cut_short() -> None:
    """A provider's key of any length makes a readable error, on one line."""
    with pytest.raises(DecodeError) as caught:
        wire.read_dict({"x" * 10_000 + "\n": 1}, decode_even)
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


CONTAINERS: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (wire.read_list, (decode_even,), "a list"),
    (wire.read_tolerant_list, (decode_even,), "a list"),
    (wire.read_scalars, (int, "a whole number"), "a list"),
    (wire.read_dict, (decode_even,), "an object"),
    (wire.read_scalar_dict, (int, "a whole number"), "an object"),
    (wire.write_list, (encode_even,), "a list"),
    (wire.write_tolerant_list, (encode_even,), "a list"),
    (wire.write_scalars, (int, "a whole number"), "a list"),
    (wire.write_dict, (encode_even,), "an object"),
    (wire.write_scalar_dict, (int, "a whole number"), "an object"),
]


@pytest.mark.parametrize(("function", "arguments", "what"), CONTAINERS)
@pytest.mark.parametrize("value", [None, "ab", 1, UNSET, iter([])])
def test_what_is_no_container(
    function: Callable[..., Any], arguments: tuple[Any, ...], what: str, value: object
) -> None:
    """A string is no list, null is no object, and what is missing is said to be missing."""
    with pytest.raises(ValueError, match=rf"^\$\.x: (missing, )?expected {what}"):
        function(value, *arguments, ".x")


@pytest.mark.parametrize(("function", "arguments", "what"), CONTAINERS)
def test_containers_are_copied(
    function: Callable[..., Any], arguments: tuple[Any, ...], what: str
) -> None:
    """Changing what was read or written never changes where it came from."""
    value: Any = [2, 4] if what == "a list" else {"a": 2}
    result = function(value, *arguments)
    assert result == value
    assert result is not value


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_scalars_are_written_by_their_very_type(value: object) -> None:
    """True is no 1, 1.0 is no 1, "1" is no 1."""
    with pytest.raises(EncodeError, match=r"^\$\[1\]: "):
        wire.write_scalars([1, value], int, "a whole number")
    with pytest.raises(EncodeError, match=r"^\$\['b'\]: "):
        wire.write_scalar_dict({"a": 1, "b": value}, int, "a whole number")


def test_scalars_are_read_as_far_as_nothing_is_lost() -> None:
    """1.0 and "1" are read as 1; True and null are no numbers."""
    assert wire.read_scalars([1, 1.0, "1"], int, "a whole number") == [1, 1, 1]
    assert wire.read_scalar_dict({"a": 1.0, "b": "1"}, int, "a whole number") == {"a": 1, "b": 1}
    for value in (True, None):
        with pytest.raises(DecodeError, match=r"^\$\[1\]: "):
            wire.read_scalars([1, value], int, "a whole number")
        with pytest.raises(DecodeError, match=r"^\$\['b'\]: "):
            wire.read_scalar_dict({"a": 1, "b": value}, int, "a whole number")


def test_a_kind_of_string_may_be_written() -> None:
    """A caller's own string class, such as a StrEnum, is a string when writing."""

    class Word(str):
        __slots__ = ()

    assert wire.write_scalars([Word("a")], str, "a string") == ["a"]
    assert wire.write_scalar_dict({"a": Word("b")}, str, "a string") == {"a": "b"}
    assert wire.write_choice(Word("a"), ("a", "b")) == "a"
    assert wire.scalar_text(Word("a"), str, "a string") == "a"


@pytest.mark.parametrize("key", [1, None, b"a"])
def test_keys_are_strings(key: object) -> None:
    """JSON has no other keys, and silently writing 1 as "1" would hide a mistake."""
    with pytest.raises(EncodeError, match="expected a string as key"):
        wire.write_dict({key: 2}, encode_even)
    with pytest.raises(EncodeError, match="expected a string as key"):
        wire.write_scalar_dict({key: 2}, int, "a whole number")


def test_a_tolerant_list() -> None:
    """An item that does not fit is kept as it came, with an error about itself alone."""
    rows = wire.read_tolerant_list([2, "x", 4], decode_even, ".rows")
    assert rows[0] == 2
    assert rows[2] == 4
    assert isinstance(rows[1], Undecodable)
    assert rows[1].raw == "x"
    assert str(rows[1].error) == "$: expected an even number, found a string"
    assert wire.write_tolerant_list(rows, encode_even) == [2, "x", 4]


@pytest.mark.parametrize("function", [wire.read_choice, wire.write_choice])
def test_a_closed_list(function: Callable[..., Any]) -> None:
    """Only the very values pass; what was found is shown, for that is what one must know."""
    assert function("a", ("a", "b"), ".x") == "a"
    assert function(2, (1, 2), ".x") == 2
    with pytest.raises(ValueError, match=r"^\$\.x: expected one of 'a', 'b', found 'c'$"):
        function("c", ("a", "b"), ".x")
    others: list[object] = [True, 1.5, "one", None, [1], {}]
    for value in others:
        with pytest.raises(ValueError, match=r"^\$\.x: expected one of 1, 2"):
            function(value, (1, 2), ".x")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("", str, ""),
        (" x ", str, " x "),
        (-5, int, "-5"),
        (True, bool, "true"),
        (False, bool, "false"),
        (0.1, float, "0.1"),
        (2, float, "2"),
    ],
)
def test_plain_values_as_text(value: object, kind: Any, text: str) -> None:
    """Forms and XML have text alone: each plain value has one form in it."""
    assert wire.scalar_text(value, kind, "what fits", ".x") == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((value, str) for value in (None, 1, True, b"x")),
        *((value, int) for value in (None, "1", True, 1.0)),
        *((value, bool) for value in (None, "true", 1)),
        *((value, float) for value in (None, "1", True, float("nan"), float("-inf"))),
    ],
)
def test_other_values_are_not_turned_into_text(value: object, kind: Any) -> None:
    """None is never "None", True never "True"."""
    with pytest.raises(EncodeError, match=r"^\$\.x: expected what fits, found"):
        wire.scalar_text(value, kind, "what fits", ".x")


def test_additional_properties_never_hide_declared_ones() -> None:
    """Not even one that is not being written."""
    data: dict[str, object] = {"a": 1}
    wire.write_additional(data, {"c": 3}, ("a", "b"))
    assert data == {"a": 1, "c": 3}
    wire.write_additional_scalars(data, {"d": 4}, int, "a whole number", ("a", "b"))
    assert data == {"a": 1, "c": 3, "d": 4}
    with pytest.raises(EncodeError, match=r"^\$\['b'\]: "):
        wire.write_additional(data, {"b": 2}, ("a", "b"))
    with pytest.raises(EncodeError, match=r"^\$\['b'\]: "):
        wire.write_additional_scalars(data, {"b": 2}, int, "a whole number", ("a", "b"))


@pytest.mark.parametrize(
    ("additional", "words"),
    [
        (["a"], "$: expected an object, found a list"),
        ({1: "a"}, "$: expected a string as key, found a whole number"),
        ({"a": "a", "b": True}, "$['b']: expected a string, found a boolean"),
        ({"a": None}, "$['a']: expected a string, found null"),
    ],
)
def test_additional_scalars_are_of_one_type(additional: object, words: str) -> None:
    """Additional strings are strings under strings; what is not is told with its place."""
    with pytest.raises(EncodeError) as caught:
        wire.write_additional_scalars({}, additional, str, "a string", ())

    assert str(caught.value) == words


def test_a_converter_knows_its_types() -> None:
    """The converter uses exactly the functions it is given, for classes and for generics."""

    @attrs.define
    class Even:
        number: int

    converter = wire.make_converter(
        decode={
            Even: lambda data: Even(decode_even(data)),
            list[Even]: lambda data: wire.read_list(data, lambda item: Even(decode_even(item))),
            dict[str, int]: lambda data: wire.read_dict(data, decode_even),
        },
        encode={Even: lambda value: encode_even(value.number)},
    )
    assert converter.structure(2, Even) == Even(2)
    assert converter.structure([2], list[Even]) == [Even(2)]
    assert converter.structure({"a": 2}, dict[str, int]) == {"a": 2}
    assert converter.unstructure(Even(2)) == 2
    assert converter.unstructure([Even(2)]) == [2]
    with pytest.raises(DecodeError):
        converter.structure("2", Even)
    with pytest.raises(EncodeError):
        converter.unstructure(Even(3))


def test_a_converter_survives_endless_nesting() -> None:
    """Data nested beyond Python's stack is an ordinary error."""

    def descend(value: Any) -> Any:
        return [descend(value)]

    converter = wire.make_converter(decode={str: descend}, encode={bytes: descend})
    with pytest.raises(DecodeError, match="nested too deeply"):
        converter.structure(None, str)
    with pytest.raises(EncodeError, match="nested too deeply"):
        converter.unstructure(b"")
