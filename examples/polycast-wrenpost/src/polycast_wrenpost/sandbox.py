"""A fake Wrenpost server: it answers what the spec shows.

Credentials and requests are judged by the spec. To pass the contract it also needs a memory:
methods named as the spec's operations, written from Wrenpost's documents and not from our client.
What becomes of a message is chosen by how its number ends (`polycast.sandbox.Fate`).
"""

from collections.abc import Mapping
from typing import ClassVar

from polycast.sandbox.examples import ExampleSandbox, read_spec

__all__ = ["WrenpostSandbox"]


class WrenpostSandbox(ExampleSandbox):
    """A fake Wrenpost server."""

    name = "wrenpost"
    spec = read_spec("polycast_wrenpost._client", "wrenpost.yaml")
    keys: ClassVar[Mapping[str, str]] = {
        "key": "sandbox-key",
    }

    @classmethod
    def settings(cls) -> dict[str, object]:
        """Return the settings that a sandbox made without arguments accepts."""
        return {
            "key": "sandbox-key",
        }

    # Until these are written, the spec's examples are answered and nothing is remembered.

    # def send_sms(self, call: Call) -> Response:
    #     """Take on one message."""
    #     body = call.request.form
    #     taken = self.take(body["to"], body["text"])
    #     return self.reply(call, taken)

    # def get_state(self, call: Call) -> Response:
    #     """Tell how far a message has come."""
    #     taken = self.find(...)
    #     state = taken.state(self.clock.now())
    #     return self.reply(
    #         call,
    #     )
