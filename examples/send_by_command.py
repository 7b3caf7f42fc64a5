"""Send through every installed provider by the command, to its fake; run by `nox -s example`."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TO = "+48600100200"
POLYCAST = str(Path(sys.executable).with_name("polycast"))
#: Seconds after which something must be wrong.
PATIENCE = 60


def main() -> None:
    """Host the fakes, and send, broadcast and follow by commands alone; fail loudly."""
    with hosted(Path("sandbox.toml")) as settings:
        profiles = tomllib.loads(settings.read_text())["profiles"]
        assert profiles, "no sandbox is installed"
        for profile in profiles:
            sent = command(settings, "send", profile, TO, "--text", "Your table is ready")
            assert sent["id"], sent
            watched = command(settings, "watch", sent["id"], "--profile", profile)
            assert watched["state"] == "delivered", watched
            print(f"{profile}: {sent['id']} was {sent['state']}, and is {watched['state']}")


@contextmanager
def hosted(settings: Path) -> Iterator[Path]:
    """Run `polycast sandbox`, and keep the settings file that it prints."""
    with settings.open("wb") as printed:
        sandbox = subprocess.Popen([POLYCAST, "sandbox", "--port", "0"], stdout=printed)
    try:
        deadline = time.monotonic() + PATIENCE
        while not settings.stat().st_size:
            assert sandbox.poll() is None, f"the sandbox ended with {sandbox.returncode}"
            assert time.monotonic() < deadline, "the sandbox did not start"
            time.sleep(0.1)
        yield settings
    finally:
        sandbox.send_signal(signal.SIGINT)
        assert sandbox.wait(PATIENCE) == 0


def command(settings: Path, *words: str) -> dict[str, Any]:
    """Run one command with `--json`, and return what it told."""
    done = subprocess.run(
        [POLYCAST, "--config", str(settings), *words, "--json"],
        env={**os.environ, "POLYCAST_LEDGER": "sqlite:///ledger.db"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    main()
