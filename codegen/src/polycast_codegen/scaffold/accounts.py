"""What a spec says of an account: the settings that a client needs, and how they are applied."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from polycast_codegen import ir
from polycast_codegen.pytypes import literal
from polycast_codegen.scaffold.names import snake_name
from polycast_codegen.scaffold.prose import plain

__all__ = ["Account", "Setting", "account_of"]

#: What every provider's settings have.
_EVERYWHERE = ("base_url", "timeout")


@attrs.frozen(kw_only=True)
class Setting:
    """One setting.

    Attributes:
        name: its name in Python.
        secret: whether it is a credential.
        default: the source of its default, or "".
        meaning: what it is, as the rest of a sentence.
        sample: the source of the value that the sandbox accepts.
    """

    name: str
    secret: bool
    default: str
    meaning: str
    sample: str


@attrs.frozen(kw_only=True)
class Account:
    """Everything that a spec says of an account.

    Attributes:
        settings: what `Settings` declares, in order.
        auth: the source of the auth object, or "" where the spec asks for no credentials.
        told_apart: the variable, the source and the kind of each scheme used, where the spec has
            schemes of several kinds: a type checker has to be told which is which.
        custom: the setting of a scheme that the spec leaves to an auth object of the plugin's.
        supplied: whether that object supplies parameters, rather than changing requests.
        variables: the settings that fill server variables, by variable.
        keys: the sandbox's values by security scheme.
        others: security schemes that the spec offers instead of those used.
    """

    settings: tuple[Setting, ...]
    auth: str
    told_apart: tuple[tuple[str, str, str], ...]
    custom: Setting | None
    supplied: bool
    variables: Mapping[str, str]
    keys: Mapping[str, str]
    others: tuple[str, ...]

    @property
    def secrets(self) -> tuple[Setting, ...]:
        """The settings that are secret."""
        return tuple(setting for setting in self.settings if setting.secret)


def account_of(service: ir.Service, document: Mapping[str, Any]) -> Account:
    """Return what a spec says of an account.

    Args:
        service: the spec.
        document: the same as an OpenAPI document.
    """
    asked = document.get("security", [])
    schemes = list(asked[0]) if asked else []
    described = document.get("components", {}).get("securitySchemes", {})
    settings: list[Setting] = []
    parts: list[str] = []
    keys: dict[str, str] = {}
    told_apart: list[tuple[str, str, str]] = []
    mixed = len({scheme.factory for scheme in service.security.values()}) > 1
    custom = None
    for name in schemes:
        scheme = service.security[name]
        words = _sentence(described[name].get("description", ""))
        made = list(_settings_of(name, scheme, words, [one.name for one in settings]))
        settings += made
        given = ", ".join(f"self.settings.{one.name}" for one in made)
        if scheme.factory == "Custom":
            custom = made[0]
            parts.append(f"Signature({given})")
        else:
            part = f"Client.SECURITY[{json.dumps(name)}]"
            if mixed:
                told_apart.append((f"{made[-1].name}_scheme", part, scheme.factory))
                part = told_apart[-1][0]
            parts.append(f"{part}.auth({given})")
            keys[name] = ":".join(one.sample.strip("'\"") for one in made)
    variables: dict[str, str] = {}
    for variable, default in service.variables.items():
        name = _free(snake_name(variable), [one.name for one in settings])
        variables[variable] = name
        settings.append(
            Setting(
                name=name,
                secret=False,
                default=literal(default) if default else "",
                meaning=_about(document, variable) or f"`{variable}` of the provider's address",
                sample="" if default else literal("sandbox"),
            )
        )
    return Account(
        # Whatever must be given comes first: a default before it would not be Python.
        settings=tuple(sorted(settings, key=lambda one: bool(one.default))),
        auth=parts[0] if len(parts) == 1 else f"AllOf(({', '.join(parts)}))" if parts else "",
        told_apart=tuple(told_apart),
        custom=custom,
        supplied=any(one.supplied for each in service.operations for one in each.parameters),
        variables=variables,
        keys=keys,
        others=tuple(name for name in service.security if name not in schemes),
    )


def _settings_of(
    name: str, scheme: ir.Scheme, words: str, taken: Iterable[str]
) -> Iterator[Setting]:
    if scheme.factory == "Basic":
        login, password = _free("login", taken), _free("password", taken)
        yield Setting(
            name=login, secret=False, default="", meaning=words or "the account's name",
            sample=literal("sandbox"),
        )  # fmt: skip
        yield Setting(
            name=password, secret=True, default="", meaning="the account's password",
            sample=literal("sandbox-password"),
        )  # fmt: skip
        return
    made = _free(snake_name(name), taken)
    yield Setting(
        name=made,
        secret=True,
        default="",
        meaning=words or f"the account's {made.replace('_', ' ')}",
        sample=literal(f"sandbox-{made.replace('_', '-')}"),
    )


def _free(name: str, taken: Iterable[str]) -> str:
    while name in (*taken, *_EVERYWHERE):
        name += "_of_account"
    return name


def _about(document: Mapping[str, Any], variable: str) -> str:
    for server in document.get("servers", []):
        if words := server.get("variables", {}).get(variable, {}).get("description"):
            return _sentence(words)
    return ""


def _sentence(words: str) -> str:
    """Return prose as the rest of a sentence: its first one, in lower case, without the stop."""
    first = re.split(r"(?<=[.!?])\s", plain(words), maxsplit=1)[0].rstrip(".")
    # An abbreviation keeps its capitals.
    return first[:1].lower() + first[1:] if first[1:2].islower() or len(first) < 2 else first
