"""Single values and objects as plugins write and read them."""

import attrs
import pytest
from polycast import UsageError
from polycast.providers import check_length, check_sender, filled, with_plus
from polycast.wire import UNSET, Unset


@attrs.frozen(kw_only=True)
class Part:
    """A part of a request."""

    name: str | Unset = UNSET
    count: int | Unset = UNSET


def test_an_object_has_the_fields_that_have_a_value() -> None:
    """Zero is a value; None is none, and an object of nothing is left out."""
    assert filled(Part, name=None, count=0) == Part(count=0)
    assert filled(Part, name=None, count=UNSET) is UNSET


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("41793026727", "+41793026727"),
        (41793026727, "+41793026727"),
        ("+4179", "+4179"),
        ("Tavern", "Tavern"),
        ("", None),
        (None, None),
        (UNSET, None),
    ],
)
def test_a_number_gets_its_plus_sign(told: object, number: str | None) -> None:
    """A name stays as it is."""
    assert with_plus(told) == number


def test_what_a_provider_does_not_take_is_refused_with_the_way_out() -> None:
    """The error says how long it is, and how long it may be; or which setting is missing."""
    check_length("name", "x" * 5, 5, "Acme")
    with pytest.raises(UsageError, match="it has 6 characters, and Acme takes no more than 5"):
        check_length("name", "x" * 6, 5, "Acme")
    with pytest.raises(UsageError, match="Acme needs a sender: set viber_sender"):
        check_sender(None, "Acme", "viber_sender")
