"""Runs pytest in forked children of a process that has imported what all tests need.

Each line of its input is a JSON list: whether bytecode may be written, then pytest's arguments.
For each it prints the child's process id at once, and its exit code at the end.
"""

import json
import os
import sys

import hypothesis  # noqa: F401 - so that no child has to
import pytest
import requests  # noqa: F401
import sqlalchemy  # noqa: F401


def main() -> None:
    """Serve until the input ends."""
    for line in sys.stdin:
        keep_bytecode, *arguments = json.loads(line)
        child = os.fork()
        if not child:
            _run(keep_bytecode, arguments)
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _run(keep_bytecode: bool, arguments: list[str]) -> None:
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        sys.dont_write_bytecode = not keep_bytecode
        code = int(pytest.main(arguments))
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
