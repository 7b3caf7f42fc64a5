"""Sandboxes that answer what a provider's spec shows, before anybody has written more of them.

    class AcmeSandbox(ExampleSandbox):
        name = "acme"
        spec = read_spec("polycast_acme._client", "acme.yaml")
        keys = {"token": "sandbox-token"}

        @classmethod
        def settings(cls) -> dict[str, object]:
            return {"token": "sandbox-token"}

This one checks credentials and requests as the spec has them, and answers each operation with
its example. It becomes a server with a memory by methods named as the operations:

        def send_message(self, call: Call) -> Response:
            body = call.request.get_json()
            taken = self.take(body["to"], body["text"])
            return self.reply(call, id=taken.id)

        def get_message(self, call: Call) -> Response:
            taken = self.find(call.values["id"])
            return self.reply(call, id=taken.id, status=WORDS[taken.state(self.clock.now())])
"""

from polycast.sandbox.examples.sandbox import ExampleSandbox
from polycast.sandbox.examples.spec import Example, Key, Operation, Spec, read_spec
from polycast.sandbox.examples.taken import Missing, Refused, Taken

__all__ = [
    "Example",
    "ExampleSandbox",
    "Key",
    "Missing",
    "Operation",
    "Refused",
    "Spec",
    "Taken",
    "read_spec",
]
