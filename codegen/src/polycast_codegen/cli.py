"""The command `polycast-codegen`."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from polycast_codegen.against import changes
from polycast_codegen.check import differences, files_of_reading, write_files
from polycast_codegen.document import SpecFile
from polycast_codegen.errors import SpecError
from polycast_codegen.header import asked_in
from polycast_codegen.normal.selection import split_names
from polycast_codegen.reading import read
from polycast_codegen.report import tell_passed
from polycast_codegen.scaffold import command as scaffold

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what follows the command's name; those of the process when not given.

    Returns:
        0 when done and up to date, 1 when a checked client is not, 2 when the spec is not
        understood, a package cannot be written as asked, or the call is wrong; 141 when the
        reader of the output closed it.
    """
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more when it ends, and must not fail there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == scaffold.NAME:
        return scaffold.new_provider(options, "polycast-codegen")
    try:
        spec = _spec(options)
        if options.command == "check" and options.against is not None:
            return _against(spec, options.against)
        reading = read(spec)
        files = files_of_reading(reading, spec)
    except SpecError as error:
        _tell(f"{options.spec}: {one}" for one in error.each)
        return 2
    if options.command == "check":
        found = differences(files, options.out)
        for sentence in found:
            print(sentence)  # noqa: T201
        return 1 if found else 0
    try:
        write_files(files, options.out)
    except OSError as error:
        _tell([f"cannot write {error.filename}: {error.strerror}"])
        return 2
    tell_passed(reading.passed)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="polycast-codegen",
        description="Turn a provider's spec (OpenAPI, or WADL with XSD) into a typed client.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("generate", "write the client"),
        ("check", "tell whether the client is what the spec gives; exit 1 when not"),
    ):
        command = commands.add_parser(name, help=words, description=words.capitalize() + ".")
        command.add_argument("spec", type=Path, metavar="SPEC", help="the spec file")
        command.add_argument("out", type=Path, metavar="OUT", help="the client's folder, `_client`")
        kept = " (check: left out, those that the client was generated with)"
        scaffold.add_selection(command, kept)
        if name == "generate":
            command.add_argument(
                "--again", action="store_true",
                help="as the client in OUT was generated: its operations and its overlay",
            )  # fmt: skip
        if name == "check":
            command.add_argument(
                "--against", type=Path, metavar="NEW_SPEC",
                help="tell instead what a newer spec changes in the client's operations",
            )  # fmt: skip
    scaffold.add_arguments(
        commands.add_parser(
            scaffold.NAME, help=scaffold.WORDS, description=f"{scaffold.WORDS.capitalize()}."
        )
    )
    return parser


def _spec(options: argparse.Namespace) -> SpecFile:
    only, overlay = split_names(options.only), options.overlay
    if options.command == "check" or options.again:
        kept = asked_in(options.out)
        only = only or kept.only
        if overlay is None and kept.overlay:
            overlay = options.spec.parent / kept.overlay
    return SpecFile.read(options.spec, only, overlay)


def _against(spec: SpecFile, newer: Path) -> int:
    above = None if spec.overlay is None else spec.overlay
    new = SpecFile.read(newer, spec.only)
    found = changes(read(spec), read(SpecFile(new.name, new.content, new.folder, new.only, above)))
    for sentence in found:
        print(sentence)  # noqa: T201
    return 1 if found else 0


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"polycast-codegen: {sentence}", file=sys.stderr)  # noqa: T201
