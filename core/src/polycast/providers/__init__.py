"""What providers over HTTP have in common: the public API for plugins, beside `polycast.wire`."""

from polycast.providers.base import HttpProvider
from polycast.providers.fingerprints import fingerprint
from polycast.providers.pages import pages
from polycast.providers.receipts import (
    match_in_turn,
    receipts_for,
    status_of_many,
    status_of_one,
)
from polycast.providers.validators import at_least, check_characters, option, time_zone
from polycast.providers.values import none_if_unset, phone_digits, unset_if_none, whole_second

__all__ = [
    "HttpProvider",
    "at_least",
    "check_characters",
    "fingerprint",
    "match_in_turn",
    "none_if_unset",
    "option",
    "pages",
    "phone_digits",
    "receipts_for",
    "status_of_many",
    "status_of_one",
    "time_zone",
    "unset_if_none",
    "whole_second",
]
