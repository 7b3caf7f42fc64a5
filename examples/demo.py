"""One list, from its check to its stop, by commands and a sandbox; run by `nox -s demo`.

The sandbox is a fake of the provider on this machine. What is claimed is counted there, without
relying on the client's word. The first claim that does not hold ends the demo with exit code 1.
"""

import os
import shlex
import subprocess
import sys
import time
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from polycast.campaign import Ledger
from polycast.sandbox import LoseReply, Sandbox, host, installed

PROVIDER = "hyber"
ROWS = [f"+12125550{n},Guest {n},{n % 40}" for n in range(100, 300)]
INVITATION = "Dear {name}, table {table} is yours from eight."
#: Seconds that a step may take, also on a busy machine.
PATIENCE = 120
#: Without the settings of real accounts.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("POLYCAST_")}


def tell(sandbox: Sandbox) -> None:
    """Tell the story, in an empty folder."""
    print("A list with a wrong number is refused before any request.")
    Path("guests.csv").write_text("\n".join(["to,name,table", *ROWS, "+1212,Nobody,7"]))
    refused = run(*broadcast(INVITATION)) == 2
    claim("the exit code is 2, and there was no request", refused and not sandbox.requests)

    print("The list is corrected. The campaign is killed while it sends, and then continued.")
    Path("guests.csv").write_text("\n".join(["to,name,table", *ROWS]))
    sending = start(*broadcast(INVITATION), "--batch-size=5", "--rate=20/s")
    wait_until(sandbox, 20)
    sending.kill()
    claim("it was killed in the middle", sending.wait() != 0 and len(sandbox.accepted) < 200)
    done = run("resume", latest_campaign(), "--settle=2") == 0
    wanted = [INVITATION.format(name=f"Guest {n}", table=n % 40) for n in range(100, 300)]
    sent = [message.text for message in sandbox.accepted]
    claim("the provider has 200 texts, each once", done and sorted(sent) == sorted(wanted))

    print("The provider accepts a campaign, and its reply is lost. A lookup finds the campaign.")
    sandbox.faults.add(LoseReply())
    done = run(*broadcast("Your host awaits you.")) == 0
    lost = [call.operation for call in sandbox.requests if call.status is None]
    claim("one reply was lost, and the campaign is done", done and lost == ["send_broadcast"])
    claim("the provider has 200 texts more, none twice", len(sandbox.accepted) == 400)

    print("A campaign is paused while it sends, and then stopped.")
    sending = start(*broadcast("We close at ten."), "--batch-size=5", "--rate=4/s")
    wait_until(sandbox, 401)
    paused = run("pause", latest_campaign()) == 0 and sending.wait(PATIENCE) == 3
    count = len(sandbox.accepted)
    claim(f"it is paused after {count - 400} of 200 texts", paused and count < 600)
    stopped = run("stop", latest_campaign()) == 0
    claim("it cannot be continued", stopped and run("resume", latest_campaign()) == 2)
    claim("no other text has left", len(sandbox.accepted) == count)


def broadcast(text: str) -> tuple[str, ...]:
    return ("broadcast", PROVIDER, "guests.csv", f"--text={text}")


def run(*words: str) -> int:
    return start(*words).wait(PATIENCE)


def start(*words: str) -> "subprocess.Popen[bytes]":
    print(f"$ polycast {shlex.join(words)}")
    return subprocess.Popen([sys.executable, "-m", "polycast", *words], env=ENVIRONMENT)


def latest_campaign() -> str:
    with Ledger.open(ENVIRONMENT["POLYCAST_LEDGER"]) as ledger:
        return next(ledger.campaigns()).id


def wait_until(sandbox: Sandbox, count: int) -> None:
    give_up = time.monotonic() + PATIENCE
    while len(sandbox.accepted) < count and time.monotonic() < give_up:
        time.sleep(0.02)


def claim(what: str, holds: bool) -> None:
    print(f"[ok] {what}\n") if holds else sys.exit(f"[WRONG] it does not hold that {what}")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what runs prints too
    kind = installed()[PROVIDER]
    with host([kind()]) as hosted, TemporaryDirectory() as folder, chdir(folder):
        settings = {"base_url": hosted.base_url(PROVIDER), **kind.settings()}
        ENVIRONMENT |= {f"POLYCAST_{PROVIDER}_{k}".upper(): str(v) for k, v in settings.items()}
        ENVIRONMENT["POLYCAST_LEDGER"] = str(Path(folder, "ledger.sqlite"))
        tell(hosted.sandboxes[PROVIDER])
        claim("this is what each provider can do, and all claims hold", run("providers") == 0)
