"""Whoever follows the manual's pages notices what is wrong with one."""

from pathlib import Path

import pytest
from polycast import SettingsError

from tests.reader import Reader
from tests.splicing import splice


def _follow(reader: Reader, tmp_path: Path, language: str, text: str, then: str = "") -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n```{language}\n{text}\n```\n{then}", encoding="utf-8")
    reader.follow(str(page))


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("ruby", "puts 1", "no way is known to check 'ruby'"),
        ("", "1", "no way is known to check ''"),
        ("csv", "to,name", "has no name"),
        ("console", "curl example.org", "no way is known to check 'curl'"),
        ("console", "nox -s tidy", "tidy"),
        ("console", "pip install polycast-hybr", "polycast-hybr"),
        ("console", "polycast provders", "No such command"),
        ("console", "polycast providers  # exit code 2", "exit_code=2"),
        ("console", "polycast send textit 123 --text Hello", "'123'"),
    ],
)
def test_a_block_that_is_wrong_is_noticed(
    reader: Reader, tmp_path: Path, language: str, text: str, words: str
) -> None:
    """A language, a command or an end that is not as it is said fails the page, by its line."""
    with pytest.raises(AssertionError, match=words) as failed:
        _follow(reader, tmp_path, language, text)

    assert "page.md, line 4" in str(failed.value.__notes__)


def test_code_that_fails_is_noticed(reader: Reader, tmp_path: Path) -> None:
    """What a Python block raises comes out, with the line of the page."""
    with pytest.raises(ZeroDivisionError) as failed:
        _follow(reader, tmp_path, "python", "import math\n1 / 0")

    assert failed.traceback[-1].lineno == 4


@pytest.mark.parametrize("shown", ["two", "one\ntwo", ""])
def test_output_that_is_not_so_is_noticed(reader: Reader, tmp_path: Path, shown: str) -> None:
    """What is shown as output is compared with what came out."""
    with pytest.raises(AssertionError, match="The page says"):
        _follow(reader, tmp_path, "python", 'print("one")', f"\n```text\n{shown}\n```\n")


def test_settings_that_are_not_so_are_noticed(reader: Reader, tmp_path: Path) -> None:
    """A profile with a setting that its provider does not have fails the page."""
    with pytest.raises(SettingsError, match="hots"):
        _follow(reader, tmp_path, "toml", '[profiles.textit]\ntoken = "x"\nhots = "y"')


MODULE = """\
import attrs

#: One.
ONE = 1  # not filled in


class Provider:
    \"\"\"A provider.\"\"\"

    features = None

    def send(self):
        raise NotImplementedError
        # return 1

    def status(self):
        return 2
"""
SHOWN = """\
import polycast

#: The first.
ONE = "one"


class Provider:
    ...

    def send(self):
        return ONE

    def control(self):
        return 3
"""
WHOLE = """\
import polycast
import attrs

#: The first.
ONE = "one"


class Provider:
    \"\"\"A provider.\"\"\"

    features = None

    def send(self):
        return ONE

    def status(self):
        return 2

    def control(self):
        return 3
"""


def test_what_is_shown_takes_the_place_of_its_names() -> None:
    """Names that are there are replaced, others are added, and what is not shown stays."""
    assert splice(MODULE, SHOWN) == WHOLE
