"""A log of the calls of an account, one JSON line each."""

import json
import logging
import os
import secrets
import time
from collections import Counter
from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import attrs

from polycast.errors import (
    AuditLogError,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    UsageError,
)
from polycast.model.messages import Action, Broadcast, BulkReceipt, Message, Receipt, State, Status
from polycast.plugins.hookspecs import Account, hookimpl

__all__ = ["AuditLog", "may_be_done"]

T = TypeVar("T")

#: At most this many characters of an address are shown, and at most this fraction of it.
_SHOWN, _PART = 4, 3
_WAYS = ("count", "short", "full")
_CHANGING = ("send", "send_bulk", "control")


@attrs.define(eq=False)
class AuditLog:
    """Writes a JSON line for each operation, and one before each that changes something.

    `send`, `send_bulk` and `control` have two lines with the same `operation`: an `attempt`,
    written before the provider is asked, and an `outcome`. An attempt without an outcome is what a
    crash leaves: it may have been carried out. So may one whose outcome is of state `unknown`. What
    only reads has an `outcome` alone.

    An attempt that cannot be written down is not made. An outcome that cannot be written leaves the
    provider's answer as it is; the failure goes to the logger `polycast`.

    No line holds a secret or the provider's own answer. What is refused before it reaches the
    provider, by the client or a suppression list, is no attempt, and has no line.

    Args:
        file: where the lines are appended, UTF-8; made when it is not there, for its owner alone.
            Threads and processes may share it: each line is one write. It is opened anew for each
            line, so it may be moved away at any time.
        logger: the name of a `logging` logger that is given the lines, at INFO, in place of a
            file. Whether it keeps them is up to its handlers.
        texts: whether texts are written; else they are left out.
        addresses: `"short"` keeps the last digits, `"full"` all of them, `"count"` only says how
            many there are.

    Raises:
        UsageError: there is neither a file nor a logger, or both.
    """

    file: str | os.PathLike[str] | None = None
    logger: str | None = attrs.field(default=None, kw_only=True)
    texts: bool = attrs.field(default=False, kw_only=True)
    addresses: Literal["count", "short", "full"] = attrs.field(default="short", kw_only=True)
    _account: Account | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        if (self.file is None) == (self.logger is None):
            raise UsageError("An audit log has a file, or a logger.")
        if self.addresses not in _WAYS:
            raise UsageError(f"addresses is one of {', '.join(_WAYS)}, not {self.addresses!r}.")

    @hookimpl
    def connected(self, account: Account) -> None:
        """Learn the account, and check that the file can be written."""
        if self._account is not None:
            raise UsageError(
                "An audit log is one client's: give each its own; they may share a file."
            )
        self._append(b"")
        self._account = account

    @hookimpl(wrapper=True)
    def send(self, message: Message) -> Generator[None, Receipt, Receipt]:
        """Log one message."""
        facts = self._content([message.to], lambda: [message.text])
        return (yield from self._changing("send", facts, _receipt))

    @hookimpl(wrapper=True)
    def send_bulk(self, broadcast: Broadcast) -> Generator[None, BulkReceipt, BulkReceipt]:
        """Log one batch."""
        recipients = tuple(broadcast.recipients)
        facts = self._content(
            [each.to for each in recipients],
            lambda: [broadcast.text_for(each) for each in recipients],
        )
        return (yield from self._changing("send_bulk", facts, _bulk_receipt))

    @hookimpl(wrapper=True)
    def control(self, id: str, action: Action) -> Generator[None, Status, Status]:
        """Log one action."""
        facts: dict[str, object] = {"id": id, "action": action}
        return (yield from self._changing("control", facts, _status))

    @hookimpl(wrapper=True)
    def status(self, id: str) -> Generator[None, Status, Status]:
        """Log one status request."""
        return (yield from self._outcome("status", _new(), {"id": id}, _status))

    @hookimpl(wrapper=True)
    def lookup(
        self, broadcast: Broadcast
    ) -> Generator[None, BulkReceipt | None, BulkReceipt | None]:
        """Log one lookup."""
        facts = self._content([each.to for each in broadcast.recipients], list)
        return (yield from self._outcome("lookup", _new(), facts, _found))

    @hookimpl(wrapper=True)
    def receive(self) -> Generator[None, list[Any], list[Any]]:
        """Log a pushed request."""
        return (yield from self._outcome("receive", _new(), {}, _reports))

    def _content(self, addresses: list[str], texts: Any) -> dict[str, object]:
        facts: dict[str, object] = {"count": len(addresses)}
        if self.addresses != "count":
            facts["to"] = [self._shown(each) for each in addresses]
        if self.texts and (said := texts()):
            facts["text"] = said[0] if len(set(said)) == 1 else said
        return facts

    def _shown(self, address: str) -> str:
        if self.addresses == "full":
            return address
        scheme, colon, rest = address.rpartition(":")
        shown = min(_SHOWN, len(rest) // _PART)
        return f"{scheme}{colon}...{rest[len(rest) - shown :]}"

    def _changing(self, hook: str, facts: dict[str, object], tell: Any) -> Generator[None, T, T]:
        operation = _new()
        self._write(hook, operation, "attempt", facts)
        short = {key: value for key, value in facts.items() if key in ("count", "id", "action")}
        return (yield from self._outcome(hook, operation, short, tell))

    def _outcome(
        self, hook: str, operation: str, facts: dict[str, object], tell: Any
    ) -> Generator[None, T, T]:
        began = time.monotonic()
        try:
            answer = yield
        except BaseException as error:
            result = _error(hook, error)
            raise
        else:
            result = tell(answer)
            return answer
        finally:
            seconds = round(time.monotonic() - began, 6)
            self._write(hook, operation, "outcome", {**facts, **result, "seconds": seconds})

    def _write(self, hook: str, operation: str, event: str, facts: dict[str, object]) -> None:
        account = self._account
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "operation": operation,
            "event": event,
            "account": account.name if account else None,
            "provider": account.provider if account else None,
            "hook": hook,
            **facts,
        }
        # ASCII: no character of a text can end a line.
        written = json.dumps(line)
        if self.logger is not None:
            logging.getLogger(self.logger).info("%s", written)
        else:
            self._append(written.encode() + b"\n")

    def _append(self, line: bytes) -> None:
        if self.file is None:
            return
        try:
            file = os.open(
                Path(self.file).expanduser(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
            )
            try:
                if os.write(file, line) != len(line):
                    raise OSError(None, "the disk is full")
            finally:
                os.close(file)
        except OSError as error:
            raise AuditLogError(
                f"The audit log {os.fspath(self.file)} cannot be written: "
                f"{error.strerror or error}."
            ) from error


def _new() -> str:
    return secrets.token_hex(8)


def _error(hook: str, error: BaseException) -> dict[str, object]:
    # Its words are left out: providers quote texts and addresses.
    result: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, ProviderError | OutcomeUnknown):
        result |= {"http_status": error.http_status, "code": error.code}
    if hook in _CHANGING and may_be_done(error):
        result["state"] = State.UNKNOWN
    return result


def may_be_done(error: BaseException) -> bool:
    """Return whether a call that ended with this error may have been carried out."""
    if isinstance(error, PolycastError):
        return error.carried_out is None and not error.safe_to_retry
    return True


def _receipt(answer: Receipt) -> dict[str, object]:
    return {"id": answer.id, "state": answer.state}


def _bulk_receipt(answer: BulkReceipt) -> dict[str, object]:
    states = Counter(each.state for each in answer.receipts)
    return {"id": answer.id, "state": answer.state, "states": states}


def _status(answer: Status) -> dict[str, object]:
    return {"state": answer.state}


def _found(answer: BulkReceipt | None) -> dict[str, object]:
    return {"found": answer is not None, **(_bulk_receipt(answer) if answer else {})}


def _reports(answer: Iterable[Any]) -> dict[str, object]:
    return {"count": len(list(answer))}
