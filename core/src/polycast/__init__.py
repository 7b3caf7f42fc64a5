"""One Python API for bulk-messaging providers.

    import polycast
    from polycast import Message

    textit = polycast.connect("textit")
    receipt = textit.send(Message("+380961111111", text="Your table is ready"))
    print(textit.status(receipt.id).state)

Importing this package imports no provider and no HTTP library; connecting imports one.
"""

from polycast.book import BatchState, Progress
from polycast.bulk import Interrupted
from polycast.client import Client
from polycast.connecting import connect
from polycast.errors import (
    AccountBlocked,
    AuditLogError,
    AuthenticationFailed,
    BrokenProvider,
    Conflict,
    InsufficientFunds,
    InvalidAnswer,
    LedgerError,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    SettingsError,
    Suppressed,
    UnknownProvider,
    Unsupported,
    UsageError,
    WaitTimeout,
)
from polycast.features import Features, Personalisation
from polycast.hooks import Account, hookimpl
from polycast.limiter import Limiter, Rate
from polycast.model import (
    Action,
    Batch,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Message,
    Receipt,
    Recipient,
    Report,
    Reports,
    State,
    Status,
)
from polycast.recipients import read_recipients
from polycast.registry import InstalledProvider, installed_providers
from polycast.secret import Secret, SecretUrl
from polycast.settings import ProviderSettings
from polycast.text import Template

__all__ = [
    "Account",
    "AccountBlocked",
    "Action",
    "AuditLogError",
    "AuthenticationFailed",
    "Batch",
    "BatchState",
    "Broadcast",
    "BrokenProvider",
    "BulkReceipt",
    "CallbackRequest",
    "Client",
    "Conflict",
    "Features",
    "InstalledProvider",
    "InsufficientFunds",
    "Interrupted",
    "InvalidAnswer",
    "LedgerError",
    "Limiter",
    "Message",
    "NotFound",
    "OutcomeUnknown",
    "Personalisation",
    "PolycastError",
    "Progress",
    "ProviderError",
    "ProviderSettings",
    "ProviderUnavailable",
    "Rate",
    "RateLimited",
    "Receipt",
    "Recipient",
    "Rejected",
    "Report",
    "Reports",
    "Secret",
    "SecretUrl",
    "SettingsError",
    "State",
    "Status",
    "Suppressed",
    "Template",
    "UnknownProvider",
    "Unsupported",
    "UsageError",
    "WaitTimeout",
    "connect",
    "hookimpl",
    "installed_providers",
    "read_recipients",
]
