"""What holds for every test of every distribution."""

import signal

import pytest
from hypothesis import settings

# A shell starts what runs in the background with Ctrl-C ignored, and the commands that tests
# interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A loaded machine is slow: no example fails for the time that it takes.
settings.register_profile("polycast", deadline=None)
settings.load_profile("polycast")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test whose docstring does not say which promise it keeps."""
    silent = [
        item.nodeid
        for item in items
        if isinstance(item, pytest.Function) and not (item.function.__doc__ or "").strip()
    ]
    if silent:
        raise pytest.UsageError(f"Tests without a promise: {', '.join(silent)}")
