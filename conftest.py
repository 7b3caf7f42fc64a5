"""What holds for every test of every distribution."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test whose docstring does not say which promise it keeps."""
    silent = [
        item.nodeid
        for item in items
        if isinstance(item, pytest.Function) and not (item.function.__doc__ or "").strip()
    ]
    if silent:
        raise pytest.UsageError(f"Tests without a promise: {', '.join(silent)}")
