"""The manual says what is so: what its pages tell people to do can be done as it stands."""

import pytest

from tests.pages import PAGES, blocks
from tests.reader import Reader

#: Blocks that cannot be run, each with its reason before it: how many a page may have.
NOT_RUN = {"docs/writing-a-provider.md": 1}


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_can_be_done(page: str, reader: Reader) -> None:
    """Every block of a page works in the order of the page: code runs, commands end as they are
    said to, files and settings are understood, and what is shown as output is what comes out.
    """
    reader.follow(page)


def test_blocks_that_are_not_run_are_few_and_known() -> None:
    """A block is only passed over with its reason beside it, and each such page is listed."""
    found = {page: sum(bool(block.not_run) for block in blocks(page)) for page in PAGES}

    assert {page: count for page, count in found.items() if count} == NOT_RUN
