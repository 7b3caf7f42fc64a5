"""One Python API for bulk-messaging providers.

    import polycast
    from polycast import Message

    textit = polycast.connect("textit")
    receipt = textit.send(Message("+380961111111", text="Your table is ready"))
    print(textit.status(receipt.id).state)

Importing this package imports no provider and no HTTP library; connecting imports one.
"""

from polycast.client import Client
from polycast.config.settings import ProviderSettings
from polycast.connecting import connect
from polycast.errors import (
    AccountBlocked,
    AuditLogError,
    AuthenticationFailed,
    BrokenProvider,
    Conflict,
    InsufficientFunds,
    InvalidResponse,
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
from polycast.masking.secret import Secret, SecretUrl
from polycast.model.features import Features, Personalisation
from polycast.model.messages import (
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
from polycast.model.segments import Encoding, Segments, count_segments
from polycast.model.templates import Template
from polycast.plugins.hookspecs import Account, hookimpl
from polycast.plugins.registry import InstalledProvider, installed_providers
from polycast.recipients import read_recipients
from polycast.sending.bulk import Interrupted
from polycast.sending.queue import BatchState, Progress
from polycast.sending.rate_limiter import Limiter, Rate

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
    "Encoding",
    "Features",
    "InstalledProvider",
    "InsufficientFunds",
    "Interrupted",
    "InvalidResponse",
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
    "Segments",
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
    "count_segments",
    "hookimpl",
    "installed_providers",
    "read_recipients",
]
