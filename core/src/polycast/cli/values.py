"""Polycast's values as JSON."""

import enum
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from polycast.errors import PolycastError
from polycast.model.messages import Status

__all__ = ["describe_error", "describe_status", "plain"]


def plain(value: Any) -> Any:
    """Return a value as `json.dumps` takes it.

    The provider's answer (`raw`) is left out, since it may have any form. So are the reports of a
    status, which need another request (`describe_status`).
    """
    match value:
        case None | bool() | int() | float():
            return value
        case enum.Enum():
            return value.value
        case str():
            return value
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Path():
            return str(value)
        case PolycastError():
            return describe_error(value)
        case type():
            return f"{value.__module__}.{value.__qualname__}"
        case Status():
            return describe_status(value)
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case AbstractSet():
            return sorted(plain(item) for item in value)
    return {
        field.name: plain(getattr(value, field.name))
        for field in attrs.fields(type(value))
        if field.name != "raw"
    }


def describe_status(status: Status, *, reports: bool = False) -> dict[str, Any]:
    """Return a status as JSON values.

    Args:
        status: what the provider answered.
        reports: fetch and add its per-recipient reports.
    """
    described = {
        field.name: plain(getattr(status, field.name))
        for field in attrs.fields(Status)
        if field.name not in ("raw", "reports")
    }
    described["final"] = status.is_final
    if reports:
        described["reports"] = [plain(report) for report in status.reports]
    return described


#: The facts that an error about one call carries.
_FACTS = ("provider", "operation", "http_status", "code", "detail", "retry_after")


def describe_error(error: PolycastError) -> dict[str, Any]:
    """Return an error as JSON values: its kind is the name of its class."""
    return {
        "kind": type(error).__name__,
        "message": str(error),
        "notes": list(getattr(error, "__notes__", ())),
        "safe_to_retry": error.safe_to_retry,
        **{fact: getattr(error, fact) for fact in _FACTS if hasattr(error, fact)},
    }
