"""The command `new-provider`, of `polycast-codegen` and of `polycast`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from polycast_codegen.document import SpecFile
from polycast_codegen.errors import SpecError
from polycast_codegen.scaffold.errors import ScaffoldError
from polycast_codegen.scaffold.names import names_of
from polycast_codegen.scaffold.package import files_of_package, write_package

__all__ = ["NAME", "WORDS", "add_arguments", "new_provider", "run"]

NAME = "new-provider"
WORDS = "write the package of a new provider, ready to be filled in"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("name", metavar="NAME", help="what `connect` is given, such as acme")
    parser.add_argument(
        "--spec", type=Path, metavar="FILE",
        help="the provider's spec, OpenAPI 3.1 or WADL; a small one to begin with if left out",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER",
        help="the package's folder, new or empty; polycast-NAME if left out",
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
        spec = None if options.spec is None else SpecFile.read(options.spec)
        files = files_of_package(options.name, spec)
        folder = options.out or Path(names.distribution)
        write_package(files, folder)
    except ScaffoldError as error:
        print(f"{program}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except SpecError as error:
        print(f"{program}: {options.spec}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print(_next_steps(folder, names.distribution))  # noqa: T201
    return 0


def _next_steps(folder: Path, distribution: str) -> str:
    return "\n".join(
        (
            f"The package {distribution} is written, in the folder {folder}. What comes next:",
            "",
            f"  cd {folder}",
            '  pip install -e ".[sandbox]" "polycast[cli,sandbox,testing]"',
            "  pytest              # each test that needs you says what to fill in",
            "",
            "README.md there goes on from here. Choose a license: pyproject.toml says where.",
        )
    )
