"""The command `new-provider`, of `polycast-codegen` and of `polycast`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from polycast_codegen.document import SpecFile
from polycast_codegen.errors import SpecError
from polycast_codegen.normal.selection import split_names
from polycast_codegen.report import tell_passed
from polycast_codegen.scaffold.errors import ScaffoldError
from polycast_codegen.scaffold.names import names_of
from polycast_codegen.scaffold.package import files_of_package, write_package

__all__ = ["NAME", "WORDS", "add_arguments", "add_selection", "new_provider", "run"]

NAME = "new-provider"
WORDS = "write the package of a new provider, ready to be filled in"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("name", metavar="NAME", help="what `connect` is given, such as acme")
    parser.add_argument(
        "--spec", type=Path, metavar="FILE",
        help="the provider's spec, OpenAPI 3.1 or WADL; a small one to begin with if left out",
    )  # fmt: skip
    add_selection(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER",
        help="the package's folder, new or empty; polycast-NAME if left out",
    )  # fmt: skip


def add_selection(parser: argparse.ArgumentParser, kept: str = "") -> None:
    """Declare what of a spec may be asked for.

    Args:
        parser: the command's.
        kept: what the help adds of options that are left out.
    """
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAMES",
        help="operations to take, with commas or repeated: operation ids, or \"POST /messages\"; "
        f"all if left out{kept}",
    )  # fmt: skip
    parser.add_argument(
        "--overlay", type=Path, metavar="FILE",
        help=f"an OpenAPI Overlay that is applied to the spec{kept}",
    )  # fmt: skip


def run(arguments: Sequence[str], program: str = "polycast new-provider") -> int:
    """Run the command for another command, which found it by its entry point.

    Args:
        arguments: what follows the command's name.
        program: what the help calls it.

    Returns:
        0 when the package is written, 2 when it cannot be written as asked.
    """
    parser = argparse.ArgumentParser(
        prog=program, description=f"{WORDS.capitalize()}.", allow_abbrev=False
    )
    add_arguments(parser)
    return new_provider(parser.parse_args(arguments), program)


def new_provider(options: argparse.Namespace, program: str) -> int:
    """Write a package, and say what comes next; or say in a sentence why not.

    Args:
        options: what `add_arguments` declares.
        program: whose sentence it is.
    """
    try:
        names = names_of(options.name)
        only = split_names(options.only)
        if options.spec is None and (only or options.overlay):
            raise ScaffoldError("--only and --overlay are for a spec: name it with --spec.")
        spec = None if options.spec is None else SpecFile.read(options.spec, only, options.overlay)
        files, passed = files_of_package(options.name, spec)
        folder = options.out or Path(names.distribution)
        write_package(files, folder)
    except ScaffoldError as error:
        print(f"{program}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except SpecError as error:
        for one in error.each:
            print(f"{program}: {options.spec}: {one}", file=sys.stderr)  # noqa: T201
        return 2
    tell_passed(passed)
    print(_next_steps(folder, names.distribution))  # noqa: T201
    return 0


def _next_steps(folder: Path, distribution: str) -> str:
    return "\n".join(
        (
            f"The package {distribution} is written, in the folder {folder}. What comes next:",
            "",
            f"  cd {folder}",
            "  # Without this, polycast does not know the provider:",
            '  pip install -e ".[sandbox]" "polycast[cli,sandbox,testing]"',
            "  pytest              # each test that needs you says what to fill in",
            "",
            "README.md there goes on from here. Choose a license: pyproject.toml says where.",
        )
    )
