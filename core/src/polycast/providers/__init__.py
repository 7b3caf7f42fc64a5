"""What providers over HTTP have in common: the public API for plugins, beside `polycast.wire`."""

from polycast.providers.base import HttpProvider
from polycast.providers.fingerprints import fingerprint, references_of
from polycast.providers.judging import judge_by_fields
from polycast.providers.lookups import found_on, query_of, the_only_one
from polycast.providers.pages import pages
from polycast.providers.pushed import form_fields, is_mac, signed_url
from polycast.providers.receipts import (
    match_in_turn,
    receipt_from,
    receipt_of_many,
    receipts_for,
    status_of_many,
    status_of_one,
)
from polycast.providers.validators import (
    at_least,
    check_characters,
    check_id,
    check_length,
    check_moment,
    check_sender,
    check_urls,
    matching,
    option,
    time_zone,
    whole_seconds,
)
from polycast.providers.values import (
    filled,
    given_fields,
    none_if_unset,
    one_spelling,
    phone_digits,
    read_price,
    read_whole_number,
    unset_if_none,
    whole_second,
    with_plus,
)

__all__ = [
    "HttpProvider",
    "at_least",
    "check_characters",
    "check_id",
    "check_length",
    "check_moment",
    "check_sender",
    "check_urls",
    "filled",
    "fingerprint",
    "form_fields",
    "found_on",
    "given_fields",
    "is_mac",
    "judge_by_fields",
    "match_in_turn",
    "matching",
    "none_if_unset",
    "one_spelling",
    "option",
    "pages",
    "phone_digits",
    "query_of",
    "read_price",
    "read_whole_number",
    "receipt_from",
    "receipt_of_many",
    "receipts_for",
    "references_of",
    "signed_url",
    "status_of_many",
    "status_of_one",
    "the_only_one",
    "time_zone",
    "unset_if_none",
    "whole_second",
    "whole_seconds",
    "with_plus",
]
