"""The command `polycast-codegen`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from polycast_codegen.check import differences, files_of, write_files
from polycast_codegen.document import SpecFile
from polycast_codegen.errors import SpecError
from polycast_codegen.scaffold import command as scaffold

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what follows the command's name; those of the process when not given.

    Returns:
        0 when done and up to date, 1 when a checked client is not, 2 when the spec is not
        understood, a package cannot be written as asked, or the call is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="polycast-codegen",
        description="Turn a provider's spec (OpenAPI 3.1, or WADL with XSD) into a typed client.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("generate", "write the client"),
        ("check", "tell whether the client is what the spec gives; exit 1 when not"),
    ):
        command = commands.add_parser(name, help=words, description=words.capitalize() + ".")
        command.add_argument("spec", type=Path, metavar="SPEC", help="the spec file")
        command.add_argument("out", type=Path, metavar="OUT", help="the client's folder, `_client`")
    scaffold.add_arguments(
        commands.add_parser(
            scaffold.NAME, help=scaffold.WORDS, description=f"{scaffold.WORDS.capitalize()}."
        )
    )
    options = parser.parse_args(arguments)
    if options.command == scaffold.NAME:
        return scaffold.new_provider(options, "polycast-codegen")
    try:
        spec = SpecFile.read(options.spec)
        files = files_of(spec)
    except SpecError as error:
        print(f"polycast-codegen: {options.spec}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    if options.command == "check":
        found = differences(files, options.out)
        for sentence in found:
            print(sentence)  # noqa: T201
        return 1 if found else 0
    try:
        write_files(files, options.out)
    except OSError as error:
        print(f"polycast-codegen: cannot write {error.filename}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 2
    return 0
