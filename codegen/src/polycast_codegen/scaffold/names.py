"""What a new provider is called: its package, its class, its distribution."""

import re
from keyword import iskeyword
from typing import Final

import attrs

from polycast_codegen.scaffold.errors import ScaffoldError

__all__ = ["Names", "names_of", "snake_name", "words_of"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_LONGEST: Final = 24
#: A name that can stand in a sentence, and in every file without escapes.
_TITLE: Final = re.compile(r"[^\W_]([\w '&+./-]{0,22}\w)?")
#: `polycast-codegen` is this distribution, and `polycast-all` installs every provider of its own.
_TAKEN: Final = frozenset({"all", "codegen"})
#: What the written modules define or import, which a class of the provider's name would hide.
_IN_MODULES: Final = frozenset(
    (
        *("Any", "Call", "Client", "Features", "Mapping", "Message", "NotImplementedError"),
        *("Options", "Receipt", "Response", "Secret", "Settings", "State", "Status"),
        *("Answer", "Auth", "ClassVar", "HttpProvider", "PolycastError", "ProviderSettings"),
        "UsageError",
    )
)
#: What the written tests call something else.
_IN_TESTS: Final = frozenset(
    (
        *("api", "call", "canned", "date", "datetime", "host", "hosted", "m", "operation"),
        *("polycast", "pytest", "receipt", "request", "sent", "shown", "status", "str", "word"),
    )
)


@attrs.frozen(kw_only=True)
class Names:
    """What everything is called.

    Attributes:
        name: what `connect` is given, e.g. `acme_sms`.
        title: what people call the provider, e.g. `Acme SMS`.
        kind: the provider's class, e.g. `AcmeSms`.
        package: e.g. `polycast_acme_sms`.
        distribution: e.g. `polycast-acme-sms`.
        variable: what a client of it is called in scripts and tests.
    """

    name: str
    title: str
    kind: str
    package: str
    distribution: str
    variable: str


def names_of(name: str, title: str = "") -> Names:
    """Return what a provider of this name is called.

    Args:
        name: what `connect` is to be given.
        title: what its spec calls it; a title of several lines or sentences is none.

    Raises:
        ScaffoldError: it cannot be a provider's name.
    """
    if not _NAME.fullmatch(name) or iskeyword(name) or len(name) > _LONGEST:
        raise ScaffoldError(
            f"{name!r} cannot be a provider's name: that is a word of lower-case letters and "
            f"digits that Python takes as a name, or several joined by _, of at most {_LONGEST} "
            "characters, such as acme or acme_sms."
        )
    if name in _TAKEN:
        raise ScaffoldError(f"polycast-{name} is a distribution of Polycast's own: choose another.")
    kind = "".join(part[0].upper() + part[1:] for part in name.split("_"))
    plain = " ".join(title.split())
    return Names(
        name=name,
        title=plain if _TITLE.fullmatch(plain) else kind,
        kind=f"{kind}Provider" if kind in _IN_MODULES else kind,
        package=f"polycast_{name}",
        distribution=f"polycast-{name.replace('_', '-')}",
        variable=f"{name}_client" if name in _IN_TESTS else name,
    )


def words_of(name: str) -> str:
    """Return the words of a name of the spec's in small letters, e.g. `api_key` for `ApiKey`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def snake_name(name: str) -> str:
    """Return a name of the spec's as one of Python's."""
    made = words_of(name)
    return made if made.isidentifier() and not iskeyword(made) else f"the_{made}".rstrip("_")
