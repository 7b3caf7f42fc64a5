"""The parts of pages that are printed from the code, so that they cannot drift from it.

`python -m docs.hooks.printed` prints them anew; with `--check` it only says which are stale.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polycast
from polycast import errors
from polycast.plugins.matrix import facts, knowledge, markdown
from polycast.testing.exchanges import evidence, read_exchanges

__all__ = ["PRINTED", "main", "render"]

DOCS = Path(__file__).parents[1]
BEGIN = "<!-- printed by `nox -s docs` from here -->\n"
END = "<!-- to here -->\n"


def render(page: str) -> tuple[str, str]:
    """Return a page as it is, and as it should be.

    Args:
        page: its name in `docs/`, one of `PRINTED`.
    """
    old = (DOCS / page).read_text(encoding="utf-8")
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/{page} has lost the marks between which it is printed")
    return old, f"{before}{begin}\n{PRINTED[page]().strip()}\n\n{end}{after}"


# Each provider.


def _matrix() -> str:
    providers = _providers()
    return "\n".join(
        [
            markdown({name: facts(each.features) for name, each in providers.items()}),
            "How each hook and each feature is known, at best:\n",
            markdown(
                {
                    name: knowledge(each, evidence(read_exchanges(name)))
                    for name, each in providers.items()
                }
            ),
        ]
    )


def _providers() -> dict[str, Any]:
    offers = polycast.installed_providers()
    return {name: offers[name][0].load() for name in sorted(offers)}


# The tree of errors.


def _errors() -> str:
    rows = ["| error | when | safe to repeat |", "|---|---|---|", *_branch(errors.PolycastError)]
    return "\n".join(rows)


def _branch(error: type[errors.PolycastError], depth: int = 0) -> Iterator[str]:
    if error.__name__ in errors.__all__:
        name = f"{'&nbsp;' * 4 * depth}`{error.__name__}`"
        words = " ".join(inspect.cleandoc(error.__doc__ or "").split())
        also = [base.__name__ for base in error.__bases__ if base.__module__ == "builtins"]
        if depth and also:
            words += f" Also a `{also[0]}`."
        yield f"| {name} | {words} | {'yes' if error.safe_to_retry else 'no'} |"
        depth += 1
    for each in error.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from _branch(each, depth)


# The command line.


def _commands() -> str:
    import typer
    from polycast.cli.app import app
    from polycast.cli.help import usage

    group: Any = typer.main.get_command(app)
    parts = [f"`polycast [OPTIONS] COMMAND ...`\n\n{_manual(group)}"]
    for name, command in group.commands.items():
        usages = f"`{usage(command, f'polycast {name}')}`"
        parts.append(f"## {name}\n\n{usages}\n\n{_manual(command)}")
        for inner, each in getattr(command, "commands", {}).items():
            usages = f"`{usage(each, f'polycast {name} {inner}')}`"
            parts.append(f"### {name} {inner}\n\n{usages}\n\n{_manual(each)}")
    return "\n\n".join(parts)


def _manual(command: Any) -> str:
    # In Markdown, brackets could be a link.
    words = inspect.cleandoc(command.help or "").replace("[", "\\[")
    return f"{words}\n\n{_options(command)}".strip()


def _options(command: Any) -> str:
    rows = [_option(each) for each in command.params]
    return "\n".join(["| | |", "|---|---|", *rows]) if rows else ""


def _option(option: Any) -> str:
    from polycast.cli.help import described, option_names

    if option.param_type_name == "argument":
        return f"| `{option.metavar}` | {described(option)} |"
    names = option_names(option).replace("|", " or ").replace(", ", "`, `")
    return f"| `{names}` | {described(option)} |"


#: What prints which page.
PRINTED: Mapping[str, Callable[[], str]] = {
    "command-line.md": _commands,
    "errors.md": _errors,
    "providers.md": _matrix,
}


def main() -> int:
    """Print the pages anew, or with `--check` only say which are stale; return the exit code."""
    stale = []
    for page in PRINTED:
        old, new = render(page)
        if old != new:
            stale.append(page)
            if "--check" not in sys.argv:
                (DOCS / page).write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"Stale: docs/{', docs/'.join(stale)}; `nox -s docs` prints them anew.")  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
