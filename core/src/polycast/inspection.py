"""A look at everything that is offered, in processes that an import may hang or end.

What imports a stranger's package can be ended by it (`os._exit`, a crash in C) or held for
ever. So a list of all of them is made by child processes: one imports all in turn, which is as
fast as importing them here. Where it does not survive, another one goes on. What failed is imported
again in a child of its own, a few at a time: so nothing is called broken because of its neighbour.
"""

import faulthandler
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import EntryPoint
from typing import Any

import attrs

from polycast.errors import BrokenProvider
from polycast.offers import Offer, offers, overdue, patience, taken, words_of

__all__ = ["Finding", "inspect"]

#: Seconds without news after which a child that imports all is given up, and another goes on.
_RESTLESS = 5.0
#: Children at a time that import only one.
_CHILDREN = 4
#: Seconds that a child has to end, once it has said all.
_FAREWELL = 1.0

#: -P: no module of the working folder may stand in for one of Python's before the path is set.
_COMMAND = (
    "-P",
    "-c",
    "import json, sys; task = json.load(sys.stdin); sys.path[:] = task['path']; "
    "from polycast.inspection import look; look(task['offers'])",
)


@attrs.frozen
class Finding:
    """What there is to say of one offer.

    Args:
        offer: what was looked at.
        told: what `Offer.describe` said of it.
        problem: why it cannot be used, as a sentence; None where it can.
    """

    offer: Offer
    told: Any = None
    problem: str | None = None


def inspect(kind: type[Offer]) -> list[Finding]:
    """Import everything of a kind that is installed, outside this process, and tell of each.

    Args:
        kind: e.g. `polycast.registry.InstalledProvider`.
    """
    findings: dict[int, Finding] = {}
    listed: list[Offer] = []
    for name, several in offers(kind).items():
        for offer in several:
            if len(several) > 1:
                findings[len(listed)] = Finding(offer, problem=str(taken(name, several)))
            listed.append(offer)
    waiting = [place for place in range(len(listed)) if place not in findings]
    with ThreadPoolExecutor(_CHILDREN) as pool:
        alone: dict[int, Future[Finding]] = {}
        while waiting:
            seen = 0
            for finding in _one_child([listed[place] for place in waiting], _RESTLESS):
                place, seen = waiting[seen], seen + 1
                if finding.problem is None:
                    findings[place] = finding
                else:
                    alone[place] = pool.submit(_alone, listed[place])
            waiting = waiting[seen:]
        findings.update({place: found.result() for place, found in alone.items()})
    return [findings[place] for place in sorted(findings)]


def _alone(offer: Offer) -> Finding:
    (finding,) = _one_child([offer], patience())
    return finding


def _one_child(several: Sequence[Offer], seconds: float) -> Iterator[Finding]:
    """Import all of these in one child; after one that it does not survive, there are no more."""
    seconds = min(seconds, patience())
    child = subprocess.Popen(
        [sys.executable, *_COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    try:
        answers = _answers(child, _task(several, seconds))
        for offer in several:
            try:
                answer = answers.get(timeout=seconds)
            except queue.Empty:
                words = overdue(offer.value, seconds)
                yield Finding(offer, problem=str(offer.broken(words)))
                return
            if answer is None:
                words = f"importing {offer.value} ended the whole process{_how(child)}"
                yield Finding(offer, problem=str(offer.broken(words)))
                return
            yield Finding(offer, **answer)
    finally:
        child.kill()
        child.wait()


def _task(several: Sequence[Offer], seconds: float) -> str:
    kind = type(several[0])
    return json.dumps(
        {
            "path": sys.path,
            "offers": {
                "seconds": seconds,
                "kind": f"{kind.__module__}:{kind.__qualname__}",
                "each": [
                    (offer.name, offer.distribution, offer.version, offer.value)
                    for offer in several
                ],
            },
        }
    )


def _answers(child: "subprocess.Popen[str]", task: str) -> "queue.SimpleQueue[Any]":
    """Give a child its task, and return what it answers, as it comes; None after its end."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def read() -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(OSError), child.stdin:  # it may have ended before it read its task
            child.stdin.write(task)
        # Closed here and nowhere else: what a module has left running may hold the other end.
        with suppress(ValueError), child.stdout:  # it may have ended in the middle of a line
            for line in child.stdout:
                answers.put(json.loads(line))
        answers.put(None)

    threading.Thread(target=read, daemon=True).start()
    return answers


def _how(child: "subprocess.Popen[str]") -> str:
    try:
        code = child.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        return ""
    if code >= 0:
        return f" (exit code {code})"
    try:
        return f" ({signal.Signals(-code).name})"
    except ValueError:
        return f" (signal {-code})"


def look(task: dict[str, Any]) -> None:
    """Import what a task names and tell of each: all that a child does."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What a module prints when it is imported must not be taken for an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    kind: type[Offer] = EntryPoint("", task["kind"], "").load()
    for name, distribution, version, value in task["each"]:
        offer = kind(name, distribution, version, EntryPoint(name, value, kind.group))
        # Nobody is left behind where the parent has been killed, even by an import without end.
        faulthandler.dump_traceback_later(task["seconds"] + _FAREWELL, exit=True)
        try:
            line = json.dumps({"told": offer.describe(offer.load())})
        except BrokenProvider as error:
            line = json.dumps({"problem": str(error)})
        except Exception as error:  # noqa: BLE001 - describing runs a stranger's code
            line = json.dumps({"problem": str(offer.broken(words_of(error)))})
        out.write(line + "\n")
        out.flush()
    # Without whatever the modules want to do at the end.
    os._exit(0)
