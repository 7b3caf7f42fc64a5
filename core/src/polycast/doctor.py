"""What is installed, configured and reachable, and what is wrong with it, as JSON values.

Nothing is sent, no file is made, and no secret is in the result.
"""

import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from polycast.config.profiles import DEFAULT_FILES, Profile, default_files, read_profiles
from polycast.config.routes import read_accounts
from polycast.config.settings import build_settings, setting_origins, suggestion, variable
from polycast.errors import BrokenProvider, PolycastError, SettingsError, UnknownProvider
from polycast.masking.secret import Secret
from polycast.plugins.entry_points import Finding, inspect, unreadable
from polycast.plugins.registry import InstalledProvider, load_account, make_provider
from polycast.plugins.wrapping import InstalledWrapper, build_wrappers

__all__ = ["examine", "reach"]

#: Seconds to wait for a connection, and for an answer.
_TIMEOUT = 5.0
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:.*extra\s*==\s*['\"](?P<extra>[^'\"]+))?")


def examine(
    config: Path | None = None, *, profile: str | None = None, ask_servers: bool = False
) -> dict[str, Any]:
    """Look at everything; `polycast doctor --json` prints the result.

    Args:
        config: the settings file to read instead of the default ones.
        profile: the one profile, or provider, to look at; all by default.
        ask_servers: whether to ask each account's servers for an answer, without credentials.

    Returns:
        `problems` has a sentence for each thing that is wrong.

    Raises:
        UnknownProvider: there is no profile, and no provider, of the name given.
        SettingsError: the settings file that was named is not there.
    """
    providers, wrappers, sandboxes = (
        inspect(InstalledProvider),
        inspect(InstalledWrapper),
        _sandboxes(),
    )
    found = [*providers, *wrappers, *(sandboxes or ())]
    files = [_file(path) for path in ([config] if config else default_files())]
    if config and not files[0]["found"]:
        read_profiles(config)
    readable = not any(each["error"] for each in files)
    accounts = _accounts(config, profile, providers, ask_servers=ask_servers) if readable else []
    ledger = _ledger()
    problems = [*unreadable(), *(each.problem for each in found)]
    problems += [each["error"] for each in files]
    for account in accounts:
        problems += [*account["errors"], *(server["error"] for server in account["servers"])]
    problems.append(ledger["error"])
    return {
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "distributions": _distributions(each.offer.distribution for each in found),
        "providers": _plugins(providers),
        "wrappers": _plugins(wrappers),
        "sandboxes": None if sandboxes is None else _plugins(sandboxes),
        "files": files,
        "accounts": accounts,
        "ledger": ledger,
        "problems": list(dict.fromkeys(each for each in problems if each is not None)),
    }


# What is installed.


def _sandboxes() -> list[Finding] | None:
    """Return what is offered as a sandbox; None where the extra is not installed."""
    try:
        from polycast.sandbox.registry import InstalledSandbox
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "polycast":
            raise
        return None
    return inspect(InstalledSandbox)


def _plugins(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{**each.source, "error": each.problem} for each in findings]


def _distributions(plugins: Iterable[str]) -> list[dict[str, Any]]:
    """Return the versions of Polycast, the plugins, and what Polycast needs, by extra."""
    names = dict.fromkeys(("polycast", "polycast-codegen", *sorted(plugins)), "")
    try:
        needed = requires("polycast") or []
    except PackageNotFoundError:  # it runs from its source
        needed = []
    for line in needed:
        if match := _REQUIREMENT.match(line):
            names.setdefault(match["name"], match["extra"] or "")
    rows = [
        {"name": name, "version": _version(name), "extra": extra or None}
        for name, extra in names.items()
    ]
    return [row for row in rows if row["version"] or row["extra"]]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


# What is configured.


def _file(path: Path) -> dict[str, Any]:
    problem = None
    try:
        if path.is_file():
            read_accounts(path)
    except SettingsError as error:
        problem = str(error)
    return {"path": str(path.absolute()), "found": path.is_file(), "error": problem}


def _accounts(
    config: Path | None, only: str | None, providers: Iterable[Finding], *, ask_servers: bool
) -> list[dict[str, Any]]:
    profiles, routes = read_accounts(config or DEFAULT_FILES)
    broken = {each.offer.name: each.problem for each in providers}
    names = {*profiles, *routes, *broken}
    in_environment = (
        name for name in sorted(set(broken) - set(profiles)) if _variables(name, names)
    )
    accounts = []
    if only is None:
        listed = [*profiles, *in_environment]
    else:
        listed = [*routes[only].members] if only in routes else [only]
    for name in listed:
        profile = profiles.get(name)
        account: dict[str, Any] = {
            "name": name,
            "provider": profile.provider if profile else name,
            "path": str(profile.path) if profile else None,
            "settings": {},
            "wrappers": _wrappers(name, profile),
            "errors": [],
            "servers": [],
        }
        if problem := broken.get(account["provider"]):
            account["errors"].append(problem)
        else:
            _examine(account, profile, names, ask_servers=ask_servers)
        accounts.append(account)
    return accounts


def _examine(
    account: dict[str, Any], profile: Profile | None, names: Iterable[str], *, ask_servers: bool
) -> None:
    """Do what `connect` does, except for telling wrappers: some of them make files then."""
    name, errors = account["name"], account["errors"]
    try:
        kind = load_account(name, profile, names)
    except (BrokenProvider, UnknownProvider) as error:
        if profile is None and isinstance(error, UnknownProvider):
            raise
        errors.append(str(error))
        return
    account["settings"] = setting_origins(kind.Settings, name, profile=profile)
    fields = [field.name for field in attrs.fields(kind.Settings)]
    known = {variable(name, field) for field in fields}
    for unknown in (each for each in _variables(name, names) if each not in known):
        hint = suggestion(unknown.removeprefix(variable(name, "")).lower(), fields)
        errors.append(f"The environment's {unknown} is no setting of {name}{hint}.")
    errors += _readable_secrets(kind.Settings, profile)
    try:
        build_wrappers(None, name, profile)
    except PolycastError as error:
        errors.append(str(error))
    try:
        settings = build_settings(kind.Settings, name, keywords={}, profile=profile)
        provider = make_provider(account["provider"], kind, settings)
    except PolycastError as error:
        errors.append(str(error))
        return
    servers = getattr(getattr(provider, "api", None), "servers", None)
    if isinstance(servers, Mapping):
        addresses = dict.fromkeys(map(str, servers.values()))
    else:
        addresses = dict.fromkeys([settings.base_url.reveal()] if settings.base_url else [])
    if ask_servers:
        account["servers"] = [reach(address) for address in addresses]


def _variables(name: str, names: Iterable[str]) -> list[str]:
    """Return the environment variables that look like settings of this account, and no other."""
    prefix = variable(name, "")
    others = (*(variable(each, "") for each in names), variable(name, "wrappers"))
    longer = tuple(each for each in others if each.startswith(prefix) and each != prefix)
    return [each for each in os.environ if each.startswith(prefix) and not each.startswith(longer)]


def _wrappers(name: str, profile: Profile | None) -> list[str]:
    listed = os.environ.get(variable(name, "wrappers"))
    if listed is not None:
        return [each.strip() for each in listed.split(",") if each.strip()]
    return [each.name for each in profile.wrappers] if profile else []


def _readable_secrets(kind: type, profile: Profile | None) -> Iterator[str]:
    """Name the secrets that are in a file which other users of the machine can read."""
    if profile is None or os.name != "posix" or not profile.path.stat().st_mode & 0o077:
        return
    secrets = [each.name for each in attrs.fields(kind) if each.type in (Secret, Secret | None)]
    shown = [n for n in secrets if not str(profile.values.get(n, "env:")).startswith("env:")]
    if shown:
        yield (
            f"{profile.path} holds the {' and the '.join(shown)} of {profile.name}, and other "
            f"users of this machine can read the file: run chmod 600 {profile.path}, or write "
            f'{shown[0]} = "env:NAME" and set NAME in the environment.'
        )


# What is reachable.


def reach(address: str) -> dict[str, Any]:
    """Ask an address for an answer, once, without credentials.

    Args:
        address: a URL.

    Returns:
        `address` (scheme, host and port), `http_status` (None where there was no answer; any
        status shows that the server is there) and `error`, a sentence or None.
    """
    # Imported here: it brings the HTTP libraries.
    from polycast.wire import Retry
    from polycast.wire.transport import Exchange, Transport

    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    url = parts._replace(netloc=host, query="", fragment="").geturl()
    found = {"address": f"{parts.scheme}://{host}", "http_status": None, "error": None}
    transport = Transport(host, timeout=_TIMEOUT, judge=lambda _: None, retry=Retry(attempts=1))
    exchange = Exchange(operation="a request", method="GET", url=url, headers={}, safe=True)
    try:
        return {**found, "http_status": transport.exchange(exchange).status}
    except PolycastError as error:
        return {**found, "error": str(error)}
    finally:
        transport.close()


def _ledger() -> dict[str, Any]:
    """Open the ledger that a command would use; a file is not made where there is none."""
    try:
        from polycast.campaign import Ledger
        from polycast.campaign.store import place
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "sqlalchemy":
            raise
        hint = 'needs the extra: pip install "polycast[campaign]"'
        return {"place": None, "detail": hint, "error": None}
    shown: str | None = None
    try:
        shown, path = place()
        if path is None or path.exists():
            Ledger.open().close()
            return {"place": shown, "detail": "opens", "error": None}
    except PolycastError as error:
        return {"place": shown, "detail": "cannot be opened", "error": str(error)}
    folder = next((each for each in path.absolute().parents if each.exists()), Path("/"))
    if folder.is_dir() and os.access(folder, os.W_OK):
        detail = "not there yet; the first broadcast makes it"
        return {"place": shown, "detail": detail, "error": None}
    problem = f"The ledger {shown} cannot be made: {folder} may not be written to."
    return {"place": shown, "detail": "cannot be made", "error": problem}
