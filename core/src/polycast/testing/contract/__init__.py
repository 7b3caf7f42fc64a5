"""The contract: what users of a provider rely on, as tests to inherit.

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

from polycast.testing.contract.broadcasting import BroadcastingContract
from polycast.testing.contract.claiming import ClaimingContract
from polycast.testing.contract.configuring import ConfiguringContract
from polycast.testing.contract.controlling import ControllingContract
from polycast.testing.contract.declarations import WORD, Pushed, Refusal, Vocabulary
from polycast.testing.contract.exchanging import ExchangingContract
from polycast.testing.contract.failing import FailingContract
from polycast.testing.contract.finding import FindingContract
from polycast.testing.contract.following import FollowingContract
from polycast.testing.contract.guarding import GuardingContract
from polycast.testing.contract.losing import LosingContract
from polycast.testing.contract.reading import ReadingContract
from polycast.testing.contract.receiving import ReceivingContract
from polycast.testing.contract.refusing import RefusingContract
from polycast.testing.contract.required import Unfilled
from polycast.testing.contract.sending import SendingContract
from polycast.testing.contract.sharing import SharingContract
from polycast.testing.contract.telling import TellingContract
from polycast.testing.contract.templating import TemplatingContract

__all__ = ["WORD", "ProviderContract", "Pushed", "Refusal", "Unfilled", "Vocabulary"]


class ProviderContract(
    SendingContract,
    BroadcastingContract,
    FollowingContract,
    TellingContract,
    ControllingContract,
    ReceivingContract,
    ClaimingContract,
    TemplatingContract,
    FailingContract,
    ExchangingContract,
    LosingContract,
    FindingContract,
    RefusingContract,
    ReadingContract,
    GuardingContract,
    ConfiguringContract,
    SharingContract,
):
    """Everything that is promised of a provider. Subclass it, and fill in the attributes."""
