"""Send through every installed provider, to its fake; run by `nox -s dist` from wheels alone."""

import sys
from pathlib import Path
from typing import Any

import polycast
from polycast import Broadcast, Message, State
from polycast.sandbox import host, installed

TO = "+12125554567"
TEXT = "Your table is ready"


def main() -> None:
    """Send, ask for the status, and look into each inbox; fail loudly."""
    assert Path(polycast.__file__).is_relative_to(sys.prefix), "not the installed package"
    sandboxes = installed()
    assert sandboxes, "no sandbox is installed"
    assert set(sandboxes) == set(polycast.installed_providers())
    with host([sandbox() for sandbox in sandboxes.values()]) as hosted:
        for name, sandbox in hosted.sandboxes.items():
            settings: dict[str, Any] = sandbox.settings()
            with polycast.connect(name, base_url=hosted.base_url(name), **settings) as client:
                receipt = client.send(Message(TO, text=TEXT))
                sent = client.send_bulk(Broadcast(recipients=[TO], text=TEXT))
                assert sent.id is not None
                states = {receipt.state, sent.state, client.status(sent.id).state}
            assert [message.text for message in sandbox.accepted] == [TEXT, TEXT]
            assert not states & {State.FAILED, State.REJECTED, State.UNKNOWN}
            print(f"{name}: {TEXT!r} to {TO}, twice: {', '.join(sorted(states))}")  # noqa: T201


if __name__ == "__main__":
    main()
