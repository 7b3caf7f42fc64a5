"""One Python API for bulk-messaging providers.

    import polycast
    from polycast import Message

    textit = polycast.connect("textit")
    receipt = textit.send(Message("+380961111111", text="Your table is ready"))
    print(textit.status(receipt.id).state)

Importing this package imports no provider and no HTTP library; connecting imports one.

The public modules are this one and:

- `polycast.campaign`: broadcasts kept in a ledger.
- `polycast.errors`: all errors.
- `polycast.recipients`: lists of recipients.
- `polycast.wrappers`: the wrappers that come with Polycast.
- `polycast.providers`: the base class of providers over HTTP, and what they have in common.
- `polycast.wire`: HTTP, JSON and XML for providers.
- `polycast.testing`: what tests of scripts and of providers stand on.
- `polycast.sandbox`, `polycast.sandbox.examples`, `polycast.sandbox.openapi` and
  `polycast.sandbox.wadl`: what sandboxes of providers stand on.

Every other module may change without notice.
"""

import logging
from importlib.metadata import version

from polycast.client import Client
from polycast.config.settings import ProviderSettings
from polycast.connecting import connect, failover, round_robin
from polycast.errors import (
    AccountBlocked,
    AuditLogError,
    AuthenticationFailed,
    BrokenProvider,
    ClaimExpired,
    Conflict,
    InFlight,
    InsufficientFunds,
    InvalidResponse,
    KeyReused,
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
    UnverifiedRequest,
    UsageError,
    WaitTimeout,
)
from polycast.masking.secret import Secret, SecretUrl
from polycast.model.balance import Balance
from polycast.model.features import Features, Personalisation
from polycast.model.messages import (
    Action,
    Batch,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Message,
    MessageTemplate,
    Price,
    Receipt,
    Recipient,
    Reply,
    Report,
    Reports,
    State,
    Status,
)
from polycast.model.segments import Encoding, Segments, count_segments
from polycast.model.templates import Template
from polycast.plugins.hookspecs import Account, hookimpl
from polycast.plugins.registry import InstalledProvider, installed_providers
from polycast.recipients import BadRows, Recipients, read_recipients
from polycast.sending.bulk import Interrupted
from polycast.sending.queue import BatchState, Progress
from polycast.sending.rate_limiter import Limiter, Rate

__all__ = [
    "Account",
    "AccountBlocked",
    "Action",
    "AuditLogError",
    "AuthenticationFailed",
    "BadRows",
    "Balance",
    "Batch",
    "BatchState",
    "Broadcast",
    "BrokenProvider",
    "BulkReceipt",
    "CallbackRequest",
    "ClaimExpired",
    "Client",
    "Conflict",
    "Encoding",
    "Features",
    "InFlight",
    "InstalledProvider",
    "InsufficientFunds",
    "Interrupted",
    "InvalidResponse",
    "KeyReused",
    "LedgerError",
    "Limiter",
    "Message",
    "MessageTemplate",
    "NotFound",
    "OutcomeUnknown",
    "Personalisation",
    "PolycastError",
    "Price",
    "Progress",
    "ProviderError",
    "ProviderSettings",
    "ProviderUnavailable",
    "Rate",
    "RateLimited",
    "Receipt",
    "Recipient",
    "Recipients",
    "Rejected",
    "Reply",
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
    "UnverifiedRequest",
    "UsageError",
    "WaitTimeout",
    "__version__",
    "connect",
    "count_segments",
    "failover",
    "hookimpl",
    "installed_providers",
    "read_recipients",
    "round_robin",
]

__version__ = version("polycast")

# An application that has not set up logging prints nothing of ours to stderr.
logging.getLogger("polycast").addHandler(logging.NullHandler())
