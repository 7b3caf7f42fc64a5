"""What Hyber pushes to a `callback_url`: one report, or an array of them."""

from collections.abc import Mapping

from polycast import CallbackRequest, Report, UsageError
from polycast.wire import DecodeError, Undecodable, strict_json

from polycast_hyber._client import models as m
from polycast_hyber.mapping import to_report

__all__ = ["read_reports"]


def read_reports(request: CallbackRequest) -> list[Report]:
    """Return one report per row; a row that cannot be read is UNKNOWN, and costs no other.

    Hyber authenticates nothing that it pushes: whoever knows the address can push, too.

    Raises:
        UsageError: it is none of Hyber's reports.
    """
    try:
        body = strict_json.parse(request.body)
    except DecodeError as error:
        raise UsageError(f"This is none of hyber's reports: {error}.") from None
    rows = body if isinstance(body, list) else [body]
    if rows and not any(_is_report(row) for row in rows):
        if any(isinstance(row, Mapping) and "text_from_subscriber" in row for row in rows):
            raise UsageError("This is what a recipient replied to hyber, and no report.")
        raise UsageError("This is none of hyber's reports: it names no message.")
    return [to_report(_read(row)) for row in rows]


def _is_report(row: object) -> bool:
    # A reply of a recipient may name the message that it answers, too.
    return (
        isinstance(row, Mapping)
        and not row.keys() & {"text_from_subscriber", "phone"}
        and bool(row.keys() & {"message_id", "extra_id"})
    )


def _read(row: object) -> m.Report | Undecodable:
    try:
        return m.CONVERTERS["json"].structure(row, m.Report)
    except DecodeError as error:
        return Undecodable(row, error)
