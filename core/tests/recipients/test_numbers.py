"""Numbers as people and spreadsheets write them: repaired, or refused with the reason."""

import sys
from random import Random

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polycast import UsageError
from polycast.recipients.numbers import NotAnAddress, Numbers

HERE = Numbers("UA")
NOWHERE = Numbers()


@pytest.mark.parametrize(
    "written",
    [
        "+380961234501",
        " +380961234501\t",
        "+38 096 123-45-01",
        "＋３８０９６１２３４５０１",  # noqa: RUF001
        "+٣٨٠٩٦١٢٣٤٥٠١",
        "\u202a+380961234501\u202c",
        "+380\u00a096\u2009123\u201145\u201301",
        "00380961234501",
        "00 380 96 123 45 01",
        "'+380961234501",
        '="+380961234501"',
        "+380961234501.0",
        "+3.80961234501E+11",
        "tel:+380-96-123-45-01",
    ],
)
def test_one_reading_without_a_region(written: str) -> None:
    """What names its country is read whatever it is dressed in, region or not."""
    assert NOWHERE.address(written) == "+380961234501"
    assert HERE.address(written) == "+380961234501"


@pytest.mark.parametrize(
    "written",
    ["0961234501", "096 123 45 01", "(096) 123-45-01", "961234501", "9.61234501E8"],
)
def test_one_reading_with_a_region(written: str) -> None:
    """What does not name its country is read as the region's, and refused without one."""
    assert HERE.address(written) == "+380961234501"
    with pytest.raises(NotAnAddress, match="or give region='UA'"):
        NOWHERE.address(written)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("380961234501", "+380961234501"),
        ("380961234501.0", "+380961234501"),
        ("380961234501,00", "+380961234501"),
        ("3.80961234501E+11", "+380961234501"),
        ("3,80961234501e11", "+380961234501"),
        ("375291112233", "+375291112233"),
        ("375 (29) 111-22-33", "+375291112233"),
        ("=+375291112233", "+375291112233"),
        ("12125554502", "+12125554502"),
        ("250788123124", "+250788123124"),
    ],
)
@pytest.mark.parametrize("region", [None, "UA", "BY", "PL", "US"])
def test_a_plus_sign_that_a_spreadsheet_took(
    written: str, address: str, region: str | None
) -> None:
    """A whole number with a known country code has one reading, wherever its list is from."""
    assert Numbers(region).address(written) == address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("+4407400123456", "+447400123456"),
        ("+44 07712 345678", "+447712345678"),
        ("0044 (0)7400 123456", "+447400123456"),
        ("44 07400 123456", "+447400123456"),
        ("+49 (0)170 1234567", "+491701234567"),
        ("+380 0961234501", "+380961234501"),
        ("+375 8 029 111-22-33", "+375291112233"),
        ("+7 8 916 123 45 67", "+79161234567"),
        ("+1 1 212 555 4502", "+12125554502"),
        # Their zero is part of the number.
        ("+390612345678", "+390612345678"),
        ("+39 (0)6 12345678", "+390612345678"),
        # No country has given out this range as far as is known: it may be new.
        ("+375991234567", "+375991234567"),
    ],
)
def test_the_numbering_plan_judges(written: str, address: str) -> None:
    """A prefix that is dialled only within the country is no part of the number."""
    assert NOWHERE.address(written) == address
    assert NOWHERE.address(address) == address


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("+44074001234567", "a number of GB has 7 or 9 or 10 digits after \\+44, this one 12"),
        ("+38096123450", "a number of UA has 9 or 10 digits after \\+380, this one 8"),
        ("+440740012345", "no number of GB begins with 07 after \\+44"),
        ("+999123456789", "no country code is like its first digits"),
        ("999123456789", "is not an address without a country code"),
    ],
)
def test_what_no_numbering_plan_has(written: str, words: str) -> None:
    """A number that no country has is refused, and the sentence says what is wrong with it."""
    with pytest.raises(NotAnAddress, match=words):
        NOWHERE.address(written)


@pytest.mark.parametrize("written", ["8 029 111-22-33", "8(029)1112233", "80291112233"])
def test_a_trunk_prefix_of_two_digits(written: str) -> None:
    """Belarus dials 8 0 before a number; what that means only the region tells."""
    assert Numbers("BY").address(written) == "+375291112233"
    with pytest.raises(NotAnAddress, match="or give region="):
        NOWHERE.address(written)


@pytest.mark.parametrize("written", ["3.80961234500E+11", "3.8096123450000E+11", "9.61234500E+8"])
def test_an_exponent_with_every_digit(written: str) -> None:
    """A number that is written out to its last digit is whole, though it ends in zeros."""
    assert HERE.address(written) == "+380961234500"


@pytest.mark.parametrize(
    "written", ["3.80961E+11", "4.41E+11", "4,41E+11", "4E11", "+4.41E+11", "3.80961234501E+10"]
)
def test_what_a_spreadsheet_has_rounded(written: str) -> None:
    """Digits that a spreadsheet has dropped are never made up."""
    with pytest.raises(NotAnAddress, match="its last digits are lost"):
        HERE.address(written)


@pytest.mark.parametrize("written", ["380961000000", "380961000000.0", "4.40000000000E+11"])
def test_what_a_spreadsheet_may_have_rounded(written: str) -> None:
    """A rounded number that was saved as a number again has zeros at its end."""
    for numbers in (HERE, NOWHERE):
        with pytest.raises(NotAnAddress, match="ends in zeros"):
            numbers.address(written)
    assert NOWHERE.address("+380961000000") == "+380961000000"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "no address"),
        ("  ", "no address"),
        ("hello", "'hello' is not an address"),
        ("+38096123450l", "is not an address"),
        ("+380961234501 ext 5", "is not an address"),
        ("+380961234501, +380961234502", "is not an address"),
        ("+380961234501/02", "is not an address"),
        ("++380961234501", "is not an address"),
        ("+0961234501", "no country code begins with 0"),
        ("000961234501", "no country code begins with 0"),
        ("+12345", "7 to 15 digits, this one 5"),
        ("+1234567890123456", "7 to 15 digits, this one 16"),
        ("380961234501.5", "fraction"),
        ("+3809612345\x0001", "holds '\\\\x00'"),
        ("+380961234501\n+380961234502", "holds '\\\\n'"),
        ("096123450", "not a phone number of UA"),
        ("0000000000", "no country code begins with 0"),
        ("-380961234501", "is not an address"),
        ("x" * 500, "…"),
    ],
)
def test_what_is_refused(written: str, words: str) -> None:
    """What has no reading, or more than one, is refused in a sentence that shows it."""
    with pytest.raises(NotAnAddress, match=words) as caught:
        HERE.address(written)
    assert len(str(caught.value)) < 250


def test_a_lost_zero_that_may_be_another_country() -> None:
    """A number that may have lost its zero or its plus sign is refused, naming both readings."""
    # A French mobile number without its zero reads as one of New Caledonia, +687, as well.
    french = Numbers("FR")
    with pytest.raises(NotAnAddress, match=r"may be \+33687233780 or \+687233780: write the plus"):
        french.address("687233780")
    assert french.address("0687233780") == "+33687233780"
    assert french.address("+687233780") == "+687233780"
    assert french.address("612345678") == "+33612345678"


@pytest.mark.parametrize("written", ["+38(096)123.45.01", "+380 (0) 96 123 45 01"])
def test_a_zero_in_brackets(written: str) -> None:
    """Whether a zero in brackets belongs to the number only the country's plan can tell."""
    assert HERE.address(written) == "+380961234501"
    assert HERE.address("+44 (0)20 7123 4567") == "+442071234567"
    with pytest.raises(NotAnAddress, match="this one 8"):
        HERE.address("+380 (0) 96 123 45")


@pytest.mark.parametrize("address", ["contact:77", "group:Guests 2", "viber:+38 096", "x:１"])  # noqa: RUF001
def test_other_schemes_pass(address: str) -> None:
    """What has a scheme of its own is left as it is."""
    assert HERE.address(address) == address


@pytest.mark.parametrize(
    "written",
    [
        *("mobile: +12125554502", "mobile:+12125554502", "Phone: 096", "GSM:+12125554502"),
        *("contact: 77", "mobile:\u00a0+12125554502"),
    ],
)
def test_a_label_before_a_number(written: str) -> None:
    """A word for phones, and what has a blank after its colon, is a label and no scheme."""
    with pytest.raises(NotAnAddress, match="write the number alone"):
        HERE.address(written)


def test_a_label_of_telephones() -> None:
    """`tel:` is the one scheme whose values are phone numbers, in any case."""
    assert HERE.address("Tel: +1 212 555 4502") == "+12125554502"


@pytest.mark.parametrize("region", ["ua", "Ukraine", "", "ZZ"])
def test_a_region_that_is_none(region: str) -> None:
    """A region is a country's two letters."""
    with pytest.raises(UsageError, match="no region"):
        Numbers(region)


def test_without_phonenumbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package a number stands as it is, and sentences say how to install it."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(UsageError, match=r"pip install 'polycast\[numbers\]'"):
        Numbers("UA")
    alone = Numbers()
    assert alone.address("+44 07400 123456") == "+4407400123456"
    with pytest.raises(NotAnAddress, match="a zero in brackets"):
        alone.address("+44 (0)7400 123456")
    with pytest.raises(NotAnAddress, match=r"region='UA' after pip install 'polycast\[numbers\]'"):
        alone.address("380961234501")


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(written: str) -> None:
    """Whatever stands in a cell, an address comes out or a reason."""
    for numbers in (HERE, NOWHERE):
        try:
            address = numbers.address(written)
        except NotAnAddress:
            continue
        assert numbers.address(address) == address


@given(
    st.integers(min_value=10**6, max_value=10**15 - 1),
    st.lists(st.sampled_from([" ", "-", "(", ")", ".", "\u00a0", "\u200e"]), max_size=6),
    st.randoms(use_true_random=False),
)
def test_dressing_changes_nothing(number: int, dressing: list[str], random: Random) -> None:
    """Separators between the digits of a full number never change which number it is."""
    digits = list(str(number))
    for each in dressing:
        digits.insert(random.randint(1, len(digits) - 1), each)
    written = "+" + "".join(digits)
    # A point before the last digits reads as a fraction.
    assume("." not in "".join(each for each in written if each not in " \u00a0\u200e"))

    assert outcome(written) == outcome(f"+{number}")


def outcome(written: str) -> str | None:
    """Return the address that is read, None if it is refused."""
    try:
        return NOWHERE.address(written)
    except NotAnAddress:
        return None


@pytest.mark.parametrize("kind", ["MOBILE", "FIXED_LINE"])
def test_numbers_of_all_countries(kind: str) -> None:
    """What `phonenumbers` gives as an example of each country is read in each of its forms."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(
            region, getattr(phonenumbers.PhoneNumberType, kind)
        )
        if number is None:
            continue
        full, abroad, home = (
            phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))
            for form in ("E164", "INTERNATIONAL", "NATIONAL")
        )
        assert NOWHERE.address(full) == full
        assert NOWHERE.address(abroad) == full
        try:
            assert Numbers(region).address(home) == full
        except NotAnAddress as error:
            assert "write the plus sign" in str(error)  # noqa: PT017 - it may be another's as well
