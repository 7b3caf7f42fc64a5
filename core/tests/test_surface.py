"""What a script sees of the package: versions, names, values that print and count as expected."""

import logging
import pickle
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import polycast
import pytest
from polycast import BulkReceipt, Client, Features, Message, Receipt, State
from polycast.recipients import BadRows, Recipients

TO = "+380961234501"


def test_the_version_is_that_of_the_distribution() -> None:
    """`polycast.__version__` is the version that was installed."""
    assert polycast.__version__ == version("polycast")


def test_without_a_logging_setup_nothing_is_printed() -> None:
    """An application that has not set up logging gets no line of ours on stderr."""
    code = "import polycast, logging; logging.getLogger('polycast.wire').error('oh')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stderr == b""
    assert any(isinstance(h, logging.NullHandler) for h in logging.getLogger("polycast").handlers)


@pytest.mark.parametrize("name", re.findall(r"`(polycast\.\w+(?:\.\w+)?)`", polycast.__doc__ or ""))
def test_public_modules_import(name: str) -> None:
    """Every module that the package calls public imports, and lists its public names."""
    module = import_module(name)

    assert all(hasattr(module, each) for each in module.__all__)


def test_what_comes_back_is_exported() -> None:
    """The types of lists and of their errors can be named by a script."""
    assert polycast.Recipients is Recipients
    assert polycast.BadRows is BadRows


def test_a_message_takes_its_text_in_second_place() -> None:
    """`Message(to, text)` is enough, and its repr begins with whom it is to."""
    message = Message(TO, "Hello")

    assert message == Message(TO, text="Hello")
    assert repr(message).startswith(f"Message(to='{TO}', text='Hello', ")


def test_a_client_is_not_pickled() -> None:
    """A client that is pickled says why it cannot be, and what to do."""
    with pytest.raises(TypeError, match=r"credentials and open connections.*polycast\.connect"):
        pickle.dumps(Client("acme", object()))


@pytest.mark.parametrize("state", State)
def test_ok_says_whether_a_message_was_taken(state: State) -> None:
    """`ok` is False where a message will not arrive or nobody knows, and True elsewhere."""
    bad = {State.REJECTED, State.FAILED, State.EXPIRED, State.CANCELLED, State.UNKNOWN}

    assert Receipt("1", state, TO).ok is (state not in bad)
    assert BulkReceipt("1", state, ()).ok is (state not in bad)


def test_a_bulk_receipt_is_counted_and_iterated() -> None:
    """A bulk receipt holds its receipts, and is not ok while one of them is not."""
    receipts = (Receipt("1", State.QUEUED, TO), Receipt(None, State.REJECTED, "+380961234502"))
    bulk = BulkReceipt("b", State.QUEUED, receipts)

    assert len(bulk) == 2
    assert tuple(bulk) == receipts
    assert not bulk.ok
    assert BulkReceipt("b", State.QUEUED, receipts[:1]).ok


def test_a_bulk_receipt_without_receipts_is_there_all_the_same() -> None:
    """What `lookup` returns is true as soon as there is something, also without receipts."""
    assert BulkReceipt("b", State.QUEUED, ())


def test_what_only_campaigns_need_is_not_on_a_client() -> None:
    """A client has the methods that a script calls, and no others."""
    client = Client("acme", type("Acme", (), {"features": Features(channels=("sms",))})())

    public = {name for name in dir(client) if not name.startswith("_")}
    assert public == {
        "account", "api", "balance", "close", "control", "features", "lookup", "provider",
        "provider_name", "receive", "send", "send_bulk", "status", "wait", "watch",
    }  # fmt: skip
