"""The main job, shown: through every installed provider, over real HTTP, without an account.

Every provider that brings a sandbox is hosted on this machine and sent to like the real
one. What the demo says happened, it has looked up at the sandbox: it does not take the
client's word for it.
"""

from collections.abc import Iterable

from polycast.demo.stage import BrokenPromise, Clock, Outcome, Stage, Voice
from polycast.demo.steps import STEPS, Step
from polycast.errors import PolycastError, UsageError
from polycast.plugins.entry_points import inspect
from polycast.plugins.registry import InstalledProvider
from polycast.sandbox import Hosted, host, installed

__all__ = ["Outcome", "Voice", "run"]


def run(voice: Voice) -> list[Outcome]:
    """Show everything, and return what became of each step.

    Args:
        voice: says what is going on.

    Raises:
        UsageError: no installed provider brings a sandbox that can be used.
    """
    kinds = installed(lambda broken: voice.says(f"Left out: {broken}"))
    for finding in inspect(InstalledProvider):
        if finding.problem is not None and finding.offer.name in kinds:
            del kinds[finding.offer.name]
            voice.says(f"Left out: {finding.problem}")
    if not kinds:
        raise UsageError(
            "No installed provider brings a sandbox: install one, e.g. pip install polycast-textit."
        )
    clock = Clock()
    with host([kind(clock) for kind in kinds.values()]) as hosted:
        voice.title("Polycast, shown")
        voice.says(
            f"This machine now pretends to be {_listed(kinds)}. Real requests go to "
            f"{hosted.url}, and what arrives is looked up there. Nothing leaves this machine, and "
            f"time runs {clock.speed:g} times as fast."
        )
        return [outcome for name in kinds for outcome in _show(name, hosted, clock, voice)]


def _show(name: str, hosted: Hosted, clock: Clock, voice: Voice) -> Iterable[Outcome]:
    voice.title(name)
    try:
        stage = Stage.open(name, hosted, clock, voice)
    except PolycastError as error:
        voice.says(f"This should not have happened: {error}")
        return [Outcome(name, "Connecting", str(error), passed=False)]
    with stage.client:
        return [_try(stage, title, step) for title, step in STEPS]


def _try(stage: Stage, title: str, step: Step) -> Outcome:
    stage.voice.step(title)
    try:
        return Outcome(stage.name, title, step(stage), passed=True)
    except (PolycastError, BrokenPromise) as error:
        stage.voice.says(f"This should not have happened: {error}")
        return Outcome(stage.name, title, str(error), passed=False)
    finally:
        # A fault that has not happened must not happen to the next step.
        stage.sandbox.faults.clear()


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
