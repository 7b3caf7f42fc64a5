"""The commands of a console block: read as a shell would, checked where they are not run."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping

import attrs

from tests.workspace import DISTRIBUTIONS, ROOT

_SESSIONS = re.findall(
    r"^@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE
)
_NAMES = {
    *(distribution.name for distribution in DISTRIBUTIONS),
    *(path.name for path in ROOT.glob("examples/*")),
    *("build", "nox", "pip", "pytest", "twine"),
}
_EXIT_CODE = re.compile(r"exit code (\d+)")
_SUBSTITUTED = re.compile(r"\$\([^)]*\)")


@attrs.frozen
class Command:
    """One command.

    Args:
        words: the program and its arguments.
        exit_code: how it ends; what a comment behind it says, else 0.
        target: the file that its output goes to, or "".
    """

    words: list[str]
    exit_code: int
    target: str


def commands(text: str) -> Iterator[Command]:
    """The commands of a block, one or more a line, where a backslash goes on with the next."""
    for line in text.replace("\\\n", " ").splitlines():
        written, _, remark = line.partition("  # ")
        wanted = _EXIT_CODE.search(remark)
        for command in re.split(r" && ", _SUBSTITUTED.sub("", written)):
            words, target = shlex.split(command), ""
            if words[-2:-1] == [">"]:
                words, target = words[:-2], words[-1]
            if words:
                yield Command(words, int(wanted[1]) if wanted else 0, target)


def _pip(arguments: list[str]) -> None:
    """It installs what there is: a distribution of ours, a folder, or a group."""
    [verb, *rest] = arguments
    assert verb == "install"
    for number, wanted in enumerate(rest):
        name = wanted.partition("[")[0]
        if wanted.startswith("-"):
            assert wanted in ("-q", "-e", "--upgrade", "--group"), wanted
        elif rest[number - 1] == "--group":
            assert re.search(rf"^{wanted} = ", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
        else:
            assert name in _NAMES or [*ROOT.glob(name.removeprefix("./") or ".")], wanted


def _nox(arguments: list[str]) -> None:
    """Its sessions exist."""
    named = arguments[arguments.index("-s") + 1 :]
    named = named[: named.index("--")] if "--" in named else named
    assert named
    assert set(named) <= {*_SESSIONS}, named


def _make_environment(arguments: list[str]) -> None:
    """Whoever reads has an environment; the tests have theirs."""
    assert arguments[:2] == ["-m", "venv"], arguments


def _tests(arguments: list[str]) -> None:
    """They are tests of this repository."""
    assert all((ROOT / path).exists() for path in arguments), arguments


#: What is not run: it would install, or run the tests within the tests.
CHECKED: Mapping[str, Callable[[list[str]], None]] = {
    "pip": _pip,
    ".venv/bin/pip": _pip,
    "nox": _nox,
    ".venv/bin/nox": _nox,
    ".venv/bin/pytest": _tests,
    "python3": _make_environment,
}
