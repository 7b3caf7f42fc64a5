"""URNs as a RapidPro server takes, stores and lists them.

Measured on RapidPro 26.1.99 and 9.0.0. Written apart from the plugin, so that one mistake cannot
sit in both.
"""

import re
from collections.abc import Callable, Mapping

import phonenumbers

__all__ = ["InvalidURN", "stored"]

_FORM = re.compile(r"([^:?#]+):([^?#]+)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_CONTACT_AND_CONVERSATION = re.compile(r"[0-9a-f-]{36}/[0-9a-f-]{36}", re.IGNORECASE)


class InvalidURN(ValueError):
    """The server refuses this URN."""


def stored(urn: str, country: str | None) -> str:
    """Return what the server stores of a URN.

    Args:
        urn: as it came.
        country: the workspace's, as two letters, for numbers without a country code.

    Raises:
        InvalidURN: it is refused.
    """
    parts = _FORM.fullmatch(urn)
    if parts is None or parts[1] not in _CHECKS:
        raise InvalidURN(urn)
    scheme = parts[1]
    path = re.sub("%(23|25|3F)", lambda each: chr(int(each[1], 16)), parts[2]).strip()
    name = (parts[4] or "").strip()
    if scheme == "tel":
        path = _number(path, country)
    elif scheme == "mailto":
        path = path.lower()
    elif scheme == "twitter":
        path = path.lower().removeprefix("@")
    elif scheme == "twitterid":
        name = name.lower().removeprefix("@")
    elif scheme in ("bsuid", "whatsapp") and path[2:3] == ".":
        path = path[:2].upper() + path[2:]
    if not path or not _CHECKS[scheme](path) or (scheme == "twitterid" and not _handle(name, "?")):
        raise InvalidURN(urn)
    query = f"?{_escaped(parts[3])}" if parts[3] else ""
    return f"{scheme}:{_escaped(path)}{query}{'#' if name else ''}{_escaped(name)}"


def _number(written: str, country: str | None) -> str:
    """Return a number as E.164, or what is left of it where it is none."""
    digits = "".join(each for each in written.lower() if each in _ALPHANUMERIC)
    plus = written.startswith("+") or (len(digits) > 10 and digits[0] != "0")
    try:
        number = phonenumbers.parse(f"{'+' if plus else ''}{digits}", country)
    except phonenumbers.NumberParseException:
        return digits
    told = phonenumbers.is_possible_number_with_reason(number)
    if told != phonenumbers.ValidationResult.IS_POSSIBLE:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_ALPHANUMERIC = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("#", "%23").replace("?", "%3F")


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda path: re.fullmatch(pattern, path) is not None


def _handle(name: str, many: str = "") -> bool:
    return re.fullmatch(f"([a-zA-Z0-9_]{{1,15}}){many}", name) is not None


def _anything(path: str) -> bool:
    return True


_digits = _matches("[0-9]+")
_person = "[A-Z]{2}[.][a-zA-Z0-9]{1,128}"

#: The schemes that there are, and what a path of each has to be.
_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "bsuid": _matches(_person),
    "discord": _digits,
    "ext": _anything,
    "facebook": _matches("ref:.+|[0-9]+"),
    "fcm": _anything,
    "freshchat": lambda path: _CONTACT_AND_CONVERSATION.fullmatch(path) is not None,
    "instagram": _digits,
    "jiochat": _anything,
    "line": _anything,
    "mailto": _matches(r"[^\s@]+@[^\s@]+[.][^\s@]+"),
    "rocketchat": _anything,
    "slack": _anything,
    "tel": _matches(r"\+[0-9]+"),
    "telegram": _digits,
    "twitter": _handle,
    "twitterid": _digits,
    "viber": _matches("[a-zA-Z0-9_=+/]{1,24}"),
    "vk": _anything,
    "webchat": _anything,
    "wechat": _anything,
    "whatsapp": _matches(f"[0-9]+|{_person}"),
}
