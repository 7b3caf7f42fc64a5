"""The `polycast` command.

Results go to standard output, everything else to standard error. With `--json` standard
output holds JSON and nothing else, and an error is one JSON object on the last line of
standard error: `{"error": {"kind": "Rejected", "message": "...", ...}}`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | refused or failed |
| 2 | wrong usage; nothing was sent |
| 3 | partly failed, or in doubt: a reply was lost, or a wait ended before the outcome |
| 130 | interrupted |
| 141 | the reader of the output closed it |
"""

import sys

__all__ = ["main"]

#: What the extra installs.
_EXTRA = ("rich", "typer")


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    try:
        from polycast.cli.app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        sys.stderr.write('The polycast command needs its extra: pip install "polycast[cli]"\n')
        sys.exit(2)
    app(prog_name="polycast")
