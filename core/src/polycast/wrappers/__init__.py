"""Wrappers around a provider; each acts only for the accounts that name it.

    import polycast
    from polycast.wrappers import AuditLog, RateLimit

    around = [AuditLog("audit.jsonl"), RateLimit("100/s")]
    with polycast.connect("hyber", wrappers=around) as hyber:
        ...

or by name, there and in a profile: `wrappers = ["audit-log", "rate-limit"]`. The first one named
is the outermost. These are found like everybody else's, by the entry-point group
`polycast.wrappers`.
"""

from polycast.wrappers.audit_log import AuditLog
from polycast.wrappers.dry_run import DryRun
from polycast.wrappers.open_telemetry import OpenTelemetry
from polycast.wrappers.rate_limit import RateLimit
from polycast.wrappers.suppression_list import SuppressionList

__all__ = ["AuditLog", "DryRun", "OpenTelemetry", "RateLimit", "SuppressionList"]
