"""A fake Wrenpost server, written from the facts in the README.

What becomes of a message is chosen by how its number ends (`polycast.sandbox.SimulatedOutcome`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import ClassVar

from polycast import State
from polycast.sandbox import Call, Clock
from polycast.sandbox.examples import ExampleSandbox, Missing, Refused, Taken, read_spec
from werkzeug.wrappers import Response

__all__ = ["WrenpostSandbox"]

_CODES = {
    State.SCHEDULED: 0,
    State.QUEUED: 1,
    State.SENT: 2,
    State.DELIVERED: 3,
    State.FAILED: 4,
    State.EXPIRED: 5,
    State.CANCELLED: 7,
}
_SENDERS = ("Wrenpost", "Tavern")


class WrenpostSandbox(ExampleSandbox):
    """A fake Wrenpost server.

    Args:
        clock: what tells the time; the real time when not given.
        credit: how many messages the account can pay.
        down: whether the gateway fails at every send.
        busy: whether it is asked too often.
    """

    name = "wrenpost"
    spec = read_spec("polycast_wrenpost._client", "wrenpost.yaml")
    keys: ClassVar[Mapping[str, str]] = {"key": "sandbox-key"}

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        credit: int = 1_000_000,
        down: bool = False,
        busy: bool = False,
    ) -> None:
        super().__init__(clock)
        self.credit = credit
        self.down = down
        self.busy = busy

    @classmethod
    def settings(cls) -> dict[str, object]:
        """Return the settings that a sandbox made without arguments accepts."""
        return {"key": "sandbox-key"}

    def refuse(self, call: Call, status: HTTPStatus, detail: str) -> Response:
        """Answer a request that is refused: with a line, and HTTP status 200."""
        if status is HTTPStatus.UNAUTHORIZED:
            return _lines(["ERR 101: unknown key"])
        if call.problems:
            return _lines(["ERR 103: a field is missing or has a wrong value"])
        return _lines([detail])

    def send_sms(self, call: Call) -> Response:
        """Send one text to one number or several."""
        form = call.request.form
        numbers = form["to"].split(",")
        if self.down:
            raise Refused("ERR 190: the gateway failed, nothing was sent")
        if self.busy:
            raise Refused("ERR 107: too many requests")
        if form.get("from", _SENDERS[0]) not in _SENDERS:
            raise Refused("ERR 106: the sender is not registered")
        if len(self.taken) + len(numbers) > self.credit:
            raise Refused("ERR 104: no credit")
        due = datetime.fromtimestamp(int(form["at"]), UTC) if "at" in form else None
        taken, lines = [], []
        for number in numbers:
            try:
                message = self.take(number, form["text"], sender=form.get("from"), due=due)
            except Refused:
                lines.append("ERR 105: not a number")
            else:
                taken.append(message)
                lines.append(f"OK: {message.id}")
        self.lose_reply(*(message.to for message in taken))
        return _lines(lines)

    def get_state(self, call: Call) -> Response:
        """Tell how far messages have come."""
        return _lines([self._state(id) for id in call.request.args["id"].split(",")])

    def cancel(self, call: Call) -> Response:
        """Cancel what has not been handed on."""
        try:
            found = [self.find(id) for id in call.request.form["id"].split(",")]
        except Missing:
            raise Refused("ERR 108: unknown id") from None
        cancelled = sum(self.withdraw(message) for message in found)
        if not cancelled:
            raise Refused("ERR 109: too late to cancel")
        return _lines([f"OK: {cancelled}"])

    def _state(self, id: str) -> str:
        try:
            message: Taken = self.find(id)
        except Missing:
            return "ERR 108: unknown id"
        now = self.clock.now()
        code = _CODES[message.state(now)]
        return f"{message.id} {code} {int(now.timestamp())} {message.to}"


def _lines(lines: list[str]) -> Response:
    return Response("".join(f"{line}\n" for line in lines), mimetype="text/plain")
