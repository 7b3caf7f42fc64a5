"""What is installed, described and reachable here, and what is wrong with it.

Nothing is sent, nothing is made on the disk, and no secret is looked at for longer than it takes
to check a setting.
"""

import platform
import sys
from pathlib import Path

import attrs

from polycast.doctor.accounts import Account, SettingsFile, examine_accounts
from polycast.doctor.ledger import LedgerState, examine_ledger
from polycast.doctor.versions import Installed, versions
from polycast.plugins.entry_points import Finding, inspect, unreadable
from polycast.plugins.registry import InstalledProvider
from polycast.plugins.wrapping import InstalledWrapper

__all__ = ["Account", "Examination", "Installed", "LedgerState", "SettingsFile", "examine"]


@attrs.frozen(kw_only=True)
class Examination:
    """What was found.

    Args:
        python: the version, and the file that runs.
        platform: the operating system.
        distributions: Polycast's own, the plugins', and what they are made of.
        providers: what is offered as a provider.
        wrappers: what is offered as a wrapper.
        sandboxes: what is offered as a sandbox; None where what they need is not installed.
        files: where settings were looked for.
        accounts: every profile, and every provider that the environment has settings for.
        ledger: the record of campaigns.
        unreadable: a sentence about each distribution whose entry points nobody can read.
    """

    python: str
    platform: str
    distributions: tuple[Installed, ...]
    providers: tuple[Finding, ...]
    wrappers: tuple[Finding, ...]
    sandboxes: tuple[Finding, ...] | None
    files: tuple[SettingsFile, ...]
    accounts: tuple[Account, ...]
    ledger: LedgerState
    unreadable: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, a sentence each."""
        offered = (*self.providers, *self.wrappers, *(self.sandboxes or ()))
        told = [*self.unreadable, *(each.problem for each in offered)]
        told += [each.problem for each in self.files]
        for account in self.accounts:
            told += account.problems
            told += [reached.problem for reached in account.servers]
        told.append(self.ledger.problem)
        return list(dict.fromkeys(each for each in told if each is not None))


def examine(
    config: Path | None = None,
    *,
    profile: str | None = None,
    reach: bool = False,
) -> Examination:
    """Look at everything.

    Args:
        config: the settings file to read instead of the default ones.
        profile: the one profile, or provider, to look at; all by default.
        reach: whether to ask each account's servers for an answer. No credentials are sent.

    Raises:
        UnknownProvider: there is no profile, and no provider, of the name given.
        SettingsError: the settings file that was named is not there.
    """
    providers = inspect(InstalledProvider)
    wrappers = inspect(InstalledWrapper)
    sandboxes = _sandboxes()
    found = [*providers, *wrappers, *(sandboxes or ())]
    files, accounts = examine_accounts(config, profile, providers, reach=reach)
    return Examination(
        python=f"{platform.python_version()} ({sys.executable})",
        platform=platform.platform(),
        distributions=versions([each.offer for each in found]),
        providers=tuple(providers),
        wrappers=tuple(wrappers),
        sandboxes=None if sandboxes is None else tuple(sandboxes),
        files=files,
        accounts=accounts,
        ledger=examine_ledger(),
        unreadable=tuple(unreadable()),
    )


def _sandboxes() -> list[Finding] | None:
    try:
        from polycast.sandbox.registry import InstalledSandbox
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "polycast":
            raise
        return None
    return inspect(InstalledSandbox)
