"""TextIt keeps what every provider promises."""

from polycast.testing import ProviderContract
from polycast_textit.sandbox import TextItSandbox


class TestContract(ProviderContract):
    """TextIt, at its fake server."""

    provider = "textit"
    sandbox = TextItSandbox
    address = "+250788123123"
