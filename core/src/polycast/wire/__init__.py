"""What generated clients run on: the public API for plugins."""

from polycast.waiting import without_waiting
from polycast.wire import json, xml
from polycast.wire.answer import Answer, Judge, judge_by_status, kind_for_status
from polycast.wire.auth import (
    AllOf,
    Auth,
    Basic,
    BodyKey,
    Call,
    Custom,
    HeaderKey,
    NoAuth,
    QueryKey,
)
from polycast.wire.client import Client
from polycast.wire.clocks import on_local_clock
from polycast.wire.converter import make_converter
from polycast.wire.files import File, file_part
from polycast.wire.formats import (
    DATE,
    EPOCH_MILLISECONDS,
    EPOCH_SECONDS,
    RFC3339,
    Format,
    Strptime,
    read_date,
    read_datetime,
    write_datetime,
)
from polycast.wire.redaction import Redactor
from polycast.wire.retry import Retry
from polycast.wire.structure import (
    CodecError,
    DecodeError,
    EncodeError,
    Undecodable,
    expected,
    read,
    read_choice,
    read_dict,
    read_list,
    read_scalar_dict,
    read_scalars,
    read_tolerant_list,
    refused,
)
from polycast.wire.transport import Exchange, Transport
from polycast.wire.unset import UNSET, Unset
from polycast.wire.writing import (
    scalar_text,
    write,
    write_additional,
    write_additional_scalars,
    write_choice,
    write_dict,
    write_list,
    write_scalar_dict,
    write_scalars,
    write_tolerant_list,
)

__all__ = [
    "DATE",
    "EPOCH_MILLISECONDS",
    "EPOCH_SECONDS",
    "RFC3339",
    "UNSET",
    "AllOf",
    "Answer",
    "Auth",
    "Basic",
    "BodyKey",
    "Call",
    "Client",
    "CodecError",
    "Custom",
    "DecodeError",
    "EncodeError",
    "Exchange",
    "File",
    "Format",
    "HeaderKey",
    "Judge",
    "NoAuth",
    "QueryKey",
    "Redactor",
    "Retry",
    "Strptime",
    "Transport",
    "Undecodable",
    "Unset",
    "expected",
    "file_part",
    "json",
    "judge_by_status",
    "kind_for_status",
    "make_converter",
    "on_local_clock",
    "read",
    "read_choice",
    "read_date",
    "read_datetime",
    "read_dict",
    "read_list",
    "read_scalar_dict",
    "read_scalars",
    "read_tolerant_list",
    "refused",
    "scalar_text",
    "without_waiting",
    "write",
    "write_additional",
    "write_additional_scalars",
    "write_choice",
    "write_datetime",
    "write_dict",
    "write_list",
    "write_scalar_dict",
    "write_scalars",
    "write_tolerant_list",
    "xml",
]
