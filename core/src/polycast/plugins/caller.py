"""Calls the hooks of one account: its provider, and the wrappers around it."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, Self, TypeVar, cast

import attrs
import pluggy

from polycast.errors import (
    BrokenProvider,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    Unsupported,
    UnverifiedRequest,
    UsageError,
)
from polycast.masking.redaction import Redactor, secrets_of
from polycast.model.features import Features, Personalisation
from polycast.model.messages import (
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Message,
    Receipt,
    Reply,
    Report,
    Reports,
    Status,
)
from polycast.plugins.failures import failing_plugin, masked_cause
from polycast.plugins.hookspecs import (
    PROJECT,
    Account,
    Hooks,
    ProviderHooks,
    WrapperHooks,
)
from polycast.plugins.one_by_one import OneByOne
from polycast.plugins.recording import ResultRecorder

__all__ = ["HookCaller", "Prepared", "Wrapper"]

T = TypeVar("T")
R = TypeVar("R", Message, Broadcast)

_log = logging.getLogger("polycast")

#: What may have been carried out before a plugin failed.
_CHANGING = frozenset({"send", "send_bulk", "control"})


@attrs.frozen
class Wrapper:
    """A wrapper that acts for an account.

    Args:
        plugin: the thing itself, with the hooks.
        label: what sentences call it, e.g. `"the wrapper 'audit-log', from ..."`.
    """

    plugin: Any
    label: str

    @classmethod
    def of(cls, plugin: Any) -> "Wrapper":
        """Return it with a label made of its class, where it has none yet."""
        if isinstance(plugin, Wrapper):
            return plugin
        kind = type(plugin)
        return cls(plugin, f"the wrapper {kind.__module__}.{kind.__qualname__}")


@attrs.frozen
class Prepared(Generic[R]):
    """A message, or one batch, with the payload that the provider's `prepare` built for it.

    Args:
        request: what is to be sent.
        payload: None if the provider has no `prepare`.
    """

    request: R
    payload: object = attrs.field(default=None, repr=False)


class HookCaller:
    """Calls the provider and the wrappers of one account, and explains their failures.

    Each has a plugin manager of its own, so a hook call reaches this account and no other. The
    wrapper that is named first is the outermost.

    A wrapper that fails before the provider is asked stops the call: nothing was sent. Once the
    provider has answered, its answer stands: no failure of a wrapper can make what was sent look
    unsent. That failure is logged.
    """

    def __init__(
        self,
        account: Account,
        provider: Any,
        wrappers: Iterable[Any] = (),
        *,
        introduce: bool = True,
    ) -> None:
        """Register the provider and the wrappers.

        Args:
            account: whose calls these are.
            provider: answers them.
            wrappers: stand around it, the outermost first.
            introduce: whether the wrappers are told of the account.

        Raises:
            BrokenProvider: one of them does not match the names and arguments of the hooks.
            UsageError: a wrapper is named twice, or has no hooks.
        """
        self.account = account
        self._provider = provider
        self._labels: dict[int, str] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ProviderHooks)
        self._manager.add_hookspecs(WrapperHooks)
        self.hook = cast(Hooks, self._manager.hook)
        self._recorder = ResultRecorder()
        self._register(provider, f"The provider {account.provider!r}", account.provider)
        #: The hooks that the provider has.
        self.offered = self._plain_hooks(provider)
        self._one_by_one = "send" in self.offered and "send_bulk" not in self.offered
        if self._one_by_one:
            self._manager.register(OneByOne(lambda **given: self._provider_send(**given)))
            self.offered |= {"send_bulk"}
        # The last one registered is the outermost.
        #: The wrappers, the outermost first.
        self.wrappers = tuple(Wrapper.of(each) for each in wrappers)
        for wrapper in reversed(self.wrappers):
            if id(wrapper.plugin) in self._labels:
                raise UsageError(f"{_capital(wrapper.label)} is named twice; once is enough.")
            self._labels[id(wrapper.plugin)] = wrapper.label
            self._register(wrapper.plugin, _capital(wrapper.label))
            if not self._manager.get_hookcallers(wrapper.plugin):
                raise UsageError(f"{_capital(wrapper.label)} has no hooks: it would do nothing.")
        if self._labels:
            self._manager.register(self._recorder, "the recorder")
        plugins = self._manager.get_plugins()
        self._provider_prepare = self._manager.subset_hook_caller("prepare", plugins - {provider})
        self._provider_send = self._manager.subset_hook_caller("send", plugins - {provider})
        self._wrappers_prepare = self._manager.subset_hook_caller("prepare", {provider})
        #: Whether a wrapper is installed that may suppress recipients.
        self.has_suppression = bool(self._manager.hook.suppression_reason.get_hookimpls())
        if self._labels and introduce:
            self.before("connected", lambda: self.hook.connected(account=account))

    def redirected(self, provider: Any) -> Self:
        """Return what calls another provider, with the same wrappers around it."""
        return type(self)(self.account, provider, self.wrappers, introduce=False)

    def with_innermost(self, wrapper: object) -> Self:
        """Return what has one more wrapper, inside the others; none is told of the account."""
        wrappers = (*self.wrappers, wrapper)
        return type(self)(self.account, self._provider, wrappers, introduce=False)

    def _register(self, plugin: Any, label: str, name: str | None = None) -> None:
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, TypeError) as error:
            raise BrokenProvider(f"{label} does not keep to the hooks: {error}") from error

    def _plain_hooks(self, provider: Any) -> frozenset[str]:
        callers = self._manager.get_hookcallers(provider) or []
        for caller in callers:
            if any(each.wrapper or each.hookwrapper for each in caller.get_hookimpls()):
                raise BrokenProvider(
                    f"The provider {self.account.provider!r} does not keep to the hooks: its "
                    f"{caller.name} is a hook wrapper, and has nothing to wrap."
                )
        return frozenset(caller.name for caller in callers)

    @property
    def features(self) -> Features:
        """What the provider can do."""
        features = cast(Features, self._provider.features)
        if not self._one_by_one:
            return features
        return attrs.evolve(features, bulk_limit=1, personalisation=Personalisation.NONE)

    def require(self, hook: str) -> None:
        """Refuse a call of a hook that the provider does not have.

        Raises:
            Unsupported: it does not offer the hook; the sentence lists those it offers.
        """
        if hook not in self.offered:
            offered = ", ".join(sorted(self.offered)) or "nothing"
            raise Unsupported(
                f"{self.account.provider} does not offer {hook}; it offers {offered}."
            )

    def short_circuit(self, hook: Literal["send", "send_bulk"]) -> str | None:
        """Return the label of a wrapper that answers without the provider, as a dry run does.

        Args:
            hook: which calls it answers.

        Returns:
            Its label, or None if the provider is asked.
        """
        for each in getattr(self._manager.hook, hook).get_hookimpls():
            if not each.wrapper and id(each.plugin) in self._labels:
                return self._labels[id(each.plugin)]
        inner = getattr(self._provider, "short_circuit", None)  # of a route
        return None if inner is None else cast(str | None, inner(hook))

    @property
    def redactor(self) -> Redactor:
        """What masks this account's secrets: those of its settings, and those its wire knows."""
        transport = getattr(getattr(self._provider, "api", None), "transport", None)
        known = getattr(transport, "redactor", None)
        redactor = known if isinstance(known, Redactor) else Redactor()
        return redactor.adding(secrets_of(self.account.settings))

    def _describe(self, failure: BaseException) -> str:
        return self.redactor.text(f"{type(failure).__name__}: {failure}")

    def before(self, hook: str, call: Callable[[], T]) -> T:
        """Call a hook that runs before anything is sent.

        Raises:
            BrokenProvider: a plugin failed; the sentence says which.
        """
        try:
            return call()
        except PolycastError as error:
            self._name(error, hook)
            raise
        except Exception as error:  # noqa: BLE001 - a defect of a plugin, found in time
            who = _capital(self._failing_wrapper(error) or "") or self.account.provider
            detail, cause = (
                f"{hook} raised {self._describe(error)}",
                masked_cause(error, self.redactor),
            )
        raise BrokenProvider(f"{who}: {detail}. Nothing was sent.") from cause

    def prepare(self, request: R) -> Prepared[R]:
        """Let the wrappers and the provider refuse a message or batch; keep the payload.

        The payload is always the provider's own: a wrapper's `prepare` can refuse a request, but
        what it returns is ignored.

        Raises:
            UsageError: it cannot be sent as asked.
            BrokenProvider: a plugin failed; the sentence says which.
        """

        def call() -> object:
            if self._labels:
                self._wrappers_prepare(request=request)
            asked: Message | Broadcast = request
            if self._one_by_one and isinstance(asked, Broadcast):
                asked = asked.as_message()
            results: list[object] = self._provider_prepare(request=asked)
            return results[0] if results else None

        return Prepared(request, self.before("prepare", call))

    def send(self, prepared: Prepared[Message]) -> Receipt:
        """Send one message; raises as `ask` does."""
        message, payload = prepared.request, prepared.payload
        return self.ask("send", lambda: self.hook.send(message=message, payload=payload), Receipt)

    def send_bulk(self, prepared: Prepared[Broadcast]) -> BulkReceipt:
        """Send one batch in one call; raises as `ask` does."""
        self.require("send_bulk")
        broadcast, payload = prepared.request, prepared.payload
        return self.ask(
            "send_bulk",
            lambda: self.hook.send_bulk(broadcast=broadcast, payload=payload),
            BulkReceipt,
        )

    def receive(self, request: CallbackRequest) -> list[Report | Reply]:
        """Check and read what the provider pushed; raises as `ask` does.

        Raises:
            UnverifiedRequest: the provider's `verify` does not accept it.
        """
        self.require("receive")
        # What came stays out of this frame: it may repeat a credential, and may be refused.
        told = self.redactor.reading(
            b"&".join([request.body, *(value.encode() for value in request.query.values())]),
            lambda: self._receive(request),
        )
        return cast(list[Report | Reply], told)

    def _receive(self, request: CallbackRequest) -> list[Any]:
        if "verify" in self.offered and not self.ask(
            "verify", lambda: self.hook.verify(request=request), bool
        ):
            raise UnverifiedRequest(
                f"The request does not prove that it comes from {self.account.provider}: its "
                "signature or token is missing or wrong. Do not believe what it says."
            )
        return self.ask("receive", lambda: self.hook.receive(request=request), list)

    def listed(self, ids: Sequence[str]) -> dict[str, Status]:
        """Ask how far many have come, in few calls; raises as `ask` does.

        Returns:
            The status by the id of each that the provider tells together. Nothing where it has no
            hook `statuses`: `status` is to be asked for the rest.
        """
        if len(ids) < 2 or "statuses" not in self.offered:
            return {}
        told = self.ask("statuses", lambda: self.hook.statuses(ids=tuple(ids)), list)
        return {each.id: each for each in told if isinstance(each, Status)}

    def status(self, id: str) -> Status:
        """Ask how far one message or broadcast has come; raises as `ask` does."""
        self.require("status")
        status = self.ask("status", lambda: self.hook.status(id=id), Status)
        if not isinstance(status.reports, Reports):
            return status
        return attrs.evolve(status, reports=Reports(lambda: self._read(status.reports)))

    def _read(self, reports: Iterable[Report]) -> Iterator[Report]:
        """Yield reports that are fetched when they are read, long after the hook has returned."""
        try:
            yield from reports
        except PolycastError as error:
            self._name(error, "status")
            raise

    def submit(self, batch: Broadcast) -> BulkReceipt:
        """Prepare one batch and send it in one call; raises as both do."""
        return self.send_bulk(self.prepare(batch))

    def lookup(self, batch: Broadcast, since: datetime) -> BulkReceipt | None:
        """Ask whether one batch arrived whose reply was lost.

        Args:
            batch: what was sent, unchanged.
            since: a moment before it was sent; must have a time zone.

        Returns:
            What sending it would have returned, or None if the provider does not have it.

        Raises:
            OutcomeUnknown: the provider cannot tell.
        """
        self.require("lookup")
        return self.ask_or_none(
            "lookup", lambda: self.hook.lookup(broadcast=batch, since=since), BulkReceipt
        )

    def suppression_reason(self, to: str) -> str | None:
        """Return why an address must not be written to, or None if it may be.

        Args:
            to: as in `Message` and `Recipient`.

        Returns:
            The end of a sentence, from the first wrapper that objects.

        Raises:
            BrokenProvider: a wrapper failed.
        """
        if not self.has_suppression:
            return None
        reason: object = self.before(
            "suppression_reason", lambda: self.hook.suppression_reason(to=to)
        )
        if reason is None or isinstance(reason, str):
            return reason
        raise BrokenProvider(
            f"A wrapper's suppression_reason returned {type(reason).__name__}, not a string or "
            "None. Nothing was sent."
        )

    def ask(self, hook: str, call: Callable[[], object], kind: type[T]) -> T:
        """Call a hook, and let nothing but our own errors and values out.

        Raises:
            OutcomeUnknown: the provider's plugin failed, and may have sent before.
            BrokenProvider: a plugin failed, and nothing was changed.
        """
        answer = self.ask_or_none(hook, call, kind)
        if answer is None:
            raise self._defect(hook, f"the plugin answered with nothing, not {kind.__name__}")
        return answer

    def ask_or_none(self, hook: str, call: Callable[[], object], kind: type[T]) -> T | None:
        """Call a hook that may answer with None; otherwise as `ask`."""
        answer: object = None
        failure: BaseException | None = None
        with self._recorder.recording() as recorded:
            try:
                answer = call()
            except Exception as error:  # noqa: BLE001 - judged below
                failure = error
        try:
            if recorded.was_overridden(answer, failure, kind):
                self._log_override(hook, failure)
                answer, failure = recorded.answer, recorded.error
            return self._judge(hook, answer, failure, kind)
        finally:
            del failure, recorded  # or the traceback and this frame would keep each other alive

    def _judge(
        self, hook: str, answer: object, failure: BaseException | None, kind: type[T]
    ) -> T | None:
        if failure is None:
            if answer is None or isinstance(answer, kind):
                return answer
            detail = f"the plugin answered with {type(answer).__name__}, not {kind.__name__}"
        elif isinstance(failure, PolycastError) or not isinstance(failure, Exception):
            self._name(failure, hook)
            raise failure
        else:
            detail = f"raised {self._describe(failure)}"
            wrapper = self._failing_wrapper(failure)
            failure = masked_cause(failure, self.redactor)  # this frame is shown, too
            if wrapper is not None:
                raise BrokenProvider(
                    f"{_capital(wrapper)}: {hook} {detail}. Nothing was sent."
                ) from failure
            raise self._defect(hook, f"the plugin {detail}") from failure
        raise self._defect(hook, detail)

    def _name(self, error: BaseException, hook: str) -> None:
        """Fill in whose call an error is about, where the plugin that raised it did not say."""
        if isinstance(error, ProviderError | OutcomeUnknown):
            error.provider = error.provider or self.account.provider
            error.operation = error.operation or hook

    def _defect(self, hook: str, detail: str) -> PolycastError:
        if hook in _CHANGING:
            # The request may have left before the plugin failed.
            return OutcomeUnknown(detail, provider=self.account.provider, operation=hook)
        return BrokenProvider(f"{self.account.provider}: {hook}: {detail}.")

    def _log_override(self, hook: str, failure: BaseException | None) -> None:
        who = None if failure is None else self._failing_wrapper(failure)
        _log.error(
            "%s failed after %s had answered %s: %s. The answer stands.",
            _capital(who or " or ".join(self._labels.values())),
            self.account.provider,
            hook,
            "its hook returned no answer"
            if failure is None
            else self._describe(failure).rstrip("."),
        )

    def _failing_wrapper(self, error: BaseException) -> str | None:
        """Return the label of the wrapper that raised an error, or None if none of them did."""
        return failing_plugin(self._manager, self._labels, error)


def _capital(detail: str) -> str:
    return detail[:1].upper() + detail[1:]
