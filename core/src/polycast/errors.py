"""Everything that can go wrong, as one tree.

Three families, told apart because they ask for different answers:

* `UsageError`: you asked wrongly. Nothing was sent. Change the call.
* `ProviderError`: the provider said no, or could not be reached. Read its words.
* `OutcomeUnknown`: nobody knows. The request may have arrived. Ask before sending again.

Every error says two things about the call:

* `carried_out`: False when the provider certainly did nothing, None when nobody knows.
* `safe_to_retry`: whether waiting and trying the same call again is safe and makes sense.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

__all__ = [
    "AccountBlocked",
    "AuditLogError",
    "AuthenticationFailed",
    "BrokenProvider",
    "ClaimExpired",
    "Conflict",
    "InFlight",
    "InsufficientFunds",
    "InvalidResponse",
    "KeyReused",
    "LedgerError",
    "NotFound",
    "OutcomeUnknown",
    "PolycastError",
    "ProviderError",
    "ProviderUnavailable",
    "RateLimited",
    "Rejected",
    "SettingsError",
    "Suppressed",
    "UnknownProvider",
    "Unsupported",
    "UnverifiedRequest",
    "UsageError",
    "WaitTimeout",
]


class PolycastError(Exception):
    """The root: every error that Polycast raises on purpose is one of these."""

    #: True when waiting and repeating the same call makes sense and cannot do anything twice.
    safe_to_retry: bool = False
    #: False when the provider certainly carried nothing out, None when nobody knows.
    carried_out: Literal[False] | None = None


# You asked wrongly.


class UsageError(PolycastError, ValueError):
    """The call cannot be made as asked. Nothing was sent."""

    carried_out = False


class SettingsError(UsageError):
    """A profile, an environment variable or a keyword does not fit the provider's settings."""


class UnknownProvider(UsageError):
    """No installed distribution offers a provider, or a wrapper, of this name."""


class Unsupported(UsageError):
    """The provider cannot do, or cannot be told, what was asked."""


class UnverifiedRequest(UsageError):
    """A pushed request does not prove that it comes from the provider: it must not be believed."""


class Suppressed(UsageError):
    """The recipient is not to be written to: a wrapper, such as a suppression list, says why."""


class KeyReused(UsageError):
    """The key belongs to something else that was sent, or is to be; the message says to what."""


# A plugin is at fault.


class BrokenProvider(PolycastError):
    """A provider or a wrapper has a defect, or cannot be used; the message names which.

    Nothing was sent. The call may have been right: it is no `UsageError`.
    """

    carried_out = False


# About one call to a provider.


def _rebuild(
    kind: Callable[..., "_CallError"], detail: str, facts: dict[str, object]
) -> "_CallError":
    """Unpickle an error: its facts are keyword-only, which the default protocol cannot pass."""
    return kind(detail, **facts)


class _CallError(PolycastError):
    """An error about one operation of one provider, composed from facts."""

    #: What happened, in words; `{provider}` and `{operation}` are filled in.
    _sentence: ClassVar[str]
    #: What to do next, or "".
    _advice: ClassVar[str] = ""

    def __init__(
        self,
        detail: str = "",
        *,
        provider: str = "",
        operation: str | None = None,
        http_status: int | None = None,
        code: str | int | None = None,
        raw: object = None,
        retry_after: float | None = None,
        safe_to_retry: bool | None = None,
        carried_out: Literal[False] | None = None,
    ) -> None:
        """Keep the facts; the sentence is made of them when it is asked for.

        Args:
            detail: the provider's own words, or ours where it said nothing.
            provider: the provider's name, e.g. `"textit"`. A plugin leaves it out: the client
                fills it in.
            operation: the provider's operation, e.g. `"create_broadcast"`; the client fills in
                the name of the hook where it is left out.
            http_status: the HTTP status of the answer, where there was one.
            code: the provider's own error code, where it has them.
            raw: the provider's own answer, untouched but for secrets.
            retry_after: seconds the provider asks to wait before the next try.
            safe_to_retry: overrides the default of the class. True implies that nothing was
                carried out.
            carried_out: False where the provider certainly did nothing; None leaves the default
                of the class.
        """
        super().__init__(detail)
        self.detail = detail
        self.provider = provider
        self.operation = operation
        self.http_status = http_status
        self.code = code
        self.raw = raw
        self.retry_after = retry_after
        if safe_to_retry is not None:
            self.safe_to_retry = safe_to_retry
        if carried_out is False or self.safe_to_retry:
            self.carried_out = False

    def __str__(self) -> str:
        sentence = self._sentence.format(
            provider=self.provider or "The provider", operation=self.operation or "the request"
        )
        facts = []
        if self.http_status is not None:
            facts.append(f"HTTP {self.http_status}")
        if self.code is not None:
            facts.append(f"code {self.code}")
        if facts:
            sentence += f" ({', '.join(facts)})"
        if self.detail:
            sentence += f": {self.detail}"
        if self.retry_after is not None:
            sentence = f"{sentence.rstrip('.')}. It asks to wait {self.retry_after:g} s."
        if self._advice:
            sentence = f"{sentence.rstrip('.')}. {self._advice}"
        return sentence

    def __reduce__(self) -> tuple[Any, ...]:
        facts = {
            "provider": self.provider,
            "operation": self.operation,
            "http_status": self.http_status,
            "code": self.code,
            "raw": self.raw,
            "retry_after": self.retry_after,
            "safe_to_retry": self.safe_to_retry,
            "carried_out": self.carried_out,
        }
        return _rebuild, (type(self), self.detail, facts)


class ProviderError(_CallError):
    """The provider said no, or could not be reached.

    Raised as it is, without a subclass, for an error code that the provider's page does not
    list: then `carried_out` is None.
    """

    _sentence = "{provider} answered {operation} with an error"


class Rejected(ProviderError):
    """The provider refused the request as it stands; the same request will be refused again.

    Nothing of the call was carried out.
    """

    _sentence = "{provider} refused {operation}"
    carried_out = False

    def __init__(
        self, detail: str = "", *, refused: Mapping[int, str] | None = None, **facts: Any
    ) -> None:
        """Keep the facts of `ProviderError`, and which recipients the refusal is about.

        Args:
            detail: the provider's own words, or ours where it said nothing.
            refused: the recipients that the provider named, by their place in the call's
                `recipients` (from 0), with its words about each. None where it named nobody.
                The others may be sent in a new call.
            **facts: as of every error about a call.
        """
        super().__init__(detail, **facts)
        self.refused = None if refused is None else dict(refused)

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, (kind, detail, facts) = super().__reduce__()
        return rebuild, (kind, detail, {**facts, "refused": self.refused})


class AuthenticationFailed(ProviderError):
    """The provider does not accept the credentials, or they may not do this."""

    _sentence = "{provider} did not accept the credentials for {operation}"
    carried_out = False


class NotFound(ProviderError):
    """The provider does not know the id, or the address that the request went to."""

    _sentence = "{provider} did not find what {operation} asked for"
    carried_out = False


class RateLimited(ProviderError):
    """The provider asks to slow down; `retry_after` holds the seconds it named, if any."""

    _sentence = "{provider} limits the rate of {operation}"
    #: A request refused for its rate was not carried out.
    safe_to_retry = True


class AccountBlocked(ProviderError):
    """The account may not send at present: it is suspended, over its quota, or not approved.

    The message is not at fault, and nothing was carried out: the same call may succeed once the
    account is in order.
    """

    _sentence = "{provider} does not let the account do {operation} at present"
    carried_out = False


class InsufficientFunds(AccountBlocked):
    """The account has no credit left."""

    _sentence = "{provider} reports too little credit for {operation}"


class Conflict(ProviderError):
    """What was asked does not fit the present state, e.g. resuming what is not paused."""

    _sentence = "{provider} cannot do {operation} in the present state"
    carried_out = False


class ProviderUnavailable(ProviderError):
    """The provider could not be reached, or failed on its own side.

    `safe_to_retry` is True for reads, and when no connection was made and waiting may help.
    `carried_out` is False when nothing of the request left.
    """

    _sentence = "{provider} was not available for {operation}"


class InvalidResponse(ProviderError):
    """A read was answered in a way that the provider's documents do not describe."""

    _sentence = "{provider} answered {operation} in an unexpected form"
    #: It was a question: asking it again changes nothing.
    safe_to_retry = True


# Nobody knows.


class OutcomeUnknown(_CallError):
    """The request may or may not have been carried out: its reply was lost or unreadable.

    Polycast never repeats such a request by itself. Ask the provider (its status
    call, its own website) before sending again.
    """

    _sentence = "Nobody knows whether {provider} carried out {operation}"
    _advice = "It was not repeated: ask the provider before sending again."

    def __init__(
        self, detail: str = "", *, candidates: Iterable[str] | None = None, **facts: Any
    ) -> None:
        """Keep the facts of `ProviderError`, and what it may have become.

        Args:
            detail: the provider's own words, or ours where it said nothing.
            candidates: of a `lookup`: the ids of everything at the provider that it may be. Who
                knows that each of them is something else knows that it was not carried out.
                None where they cannot all be named.
            **facts: as of every error about a call.
        """
        super().__init__(detail, **facts)
        self.candidates = None if candidates is None else frozenset(candidates)

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, (kind, detail, facts) = super().__reduce__()
        return rebuild, (kind, detail, {**facts, "candidates": self.candidates})


class LedgerError(PolycastError):
    """The ledger of campaigns cannot be read or written.

    What it could not write down is not sent: after the cause is gone, go on with the campaign.
    `carried_out` is False where a single message could not be written down before it left.
    """


class InFlight(PolycastError):
    """What has this key is being sent, or its outcome is about to be looked up.

    Nothing was sent by this call. Calling again with the same key is safe; after `retry_after`
    seconds it is known better.
    """

    safe_to_retry = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return str(self.args[0])


class ClaimExpired(PolycastError):
    """This process slept, or its ledger was away, for so long that another may have its batch.

    Nothing was sent. A campaign puts the batch back and claims it again.
    """

    safe_to_retry = True
    carried_out = False


class AuditLogError(PolycastError):
    """The audit log cannot be written; what it could not tell of was not sent."""

    safe_to_retry = True


class WaitTimeout(PolycastError, TimeoutError):
    """The time given to `Client.wait` passed before a final state; `status` is the last seen."""

    #: Waiting only reads.
    safe_to_retry = True

    def __init__(self, message: str, status: object = None) -> None:
        super().__init__(message)
        self.status = status
