"""What a spec's names suggest. Nothing guessed here acts before its author has looked at it."""

from collections.abc import Iterable, Sequence
from typing import Final

from polycast_codegen import ir
from polycast_codegen.scaffold.names import words_of

__all__ = ["able_to_send", "field_like", "sending", "states_of", "telling"]

_SENDS: Final = (("send",), ("submit", "post", "create", "push", "sms", "message"))
_TELLS: Final = (("status", "state"), ("get", "check", "report", "delivery", "message", "query"))
_SEVERAL: Final = frozenset(
    (
        *("batch", "batches", "broadcast", "broadcasts", "bulk", "campaign", "campaigns"),
        *("group", "groups", "list", "lists", "mailing", "many", "messages", "multi", "multiple"),
    )
)
_FIELDS: Final = {
    "to": (
        *("to", "phone", "phone_number", "number", "msisdn", "recipient", "destination", "dest"),
        *("mobile", "receiver", "address"),
    ),
    "text": ("text", "message", "body", "content", "msg", "message_text"),
    "sender": ("sender", "from", "sender_id", "originator", "source"),
    "id": ("id", "uuid", "message_id", "sms_id", "reference"),
    "state": ("status", "state", "delivery_status", "message_status"),
    "words": ("message", "error", "detail", "description", "reason", "error_message"),
}


def able_to_send(service: ir.Service) -> list[ir.Operation]:
    """Return the operations that may send: PUT, PATCH and DELETE change what there is already."""
    updates = ("PUT", "PATCH", "DELETE")
    return [one for one in service.operations if not one.safe and one.http_method not in updates]


def sending(service: ir.Service) -> ir.Operation | None:
    """Return the operation that sends one message, where the spec's names leave no doubt."""
    changing = able_to_send(service)
    # An update or a cancellation goes by the id of what there is already.
    able = [one for one in changing if not one.path.endswith("}")] or changing
    able = [one for one in able if one.body is not None] or able
    return _only([one for one in able if not _words(one) & _SEVERAL] or able, _SENDS)


def telling(service: ir.Service) -> ir.Operation | None:
    """Return the operation that tells how far one message has come, likewise."""
    able = [one for one in service.operations if one.safe]
    return _only([one for one in able if not _words(one) & _SEVERAL] or able, _TELLS)


def _only(able: Sequence[ir.Operation], preferred: tuple[tuple[str, ...], ...]) -> (
    ir.Operation | None
):  # fmt: skip
    if len(able) == 1:
        return able[0]
    for words in preferred:
        found = [one for one in able if _words(one) & set(words)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _words(operation: ir.Operation) -> set[str]:
    return set(words_of(operation.operation_id).split("_"))


def field_like(fields: Iterable[ir.Field], idea: str) -> ir.Field | None:
    """Return the field whose name suggests an idea: `to`, `text`, `sender`, `id`, `state`."""
    by_name = {words_of(field.wire_name): field for field in fields}
    return next((by_name[name] for name in _FIELDS[idea] if name in by_name), None)


def states_of(service: ir.Service) -> tuple[str | int, ...]:
    """Return the words or numbers for states that the spec names, in its order."""
    found: dict[str | int, None] = {}
    for record in service.records.values():
        field = field_like(record.fields, "state")
        if field is not None:
            found |= dict.fromkeys(field.known)
    kinds = {type(value) for value in found}
    return tuple(found) if len(kinds) == 1 else tuple(dict.fromkeys(map(str, found)))
