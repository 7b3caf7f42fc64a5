"""The contract: what everybody who uses a provider relies on, as tests to inherit.

    from polycast.testing import ProviderContract, Unfilled
    from polycast_acme.sandbox import AcmeSandbox

    class TestContract(ProviderContract):
        provider = "acme"
        sandbox = AcmeSandbox
        address = "+380961234567"

Each test's docstring is one promise. A promise about something that the provider's `Features`
says it lacks is skipped with a reason; every other one is kept or broken.

This package needs the extra `polycast[testing]`.
"""

from polycast.testing.contract.sending import SendingContract
from polycast.testing.contract.unfilled import Unfilled
from polycast.testing.contract.words import WORD, Pushed, Refusal, Vocabulary

__all__ = ["WORD", "ProviderContract", "Pushed", "Refusal", "Unfilled", "Vocabulary"]


class ProviderContract(SendingContract):
    """Everything that is promised of a provider. Subclass it, and fill in the attributes."""
