"""What a script holds: one account of one provider, as plain methods."""

import math
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import attrs
import pluggy

from polycast import bulk
from polycast.book import Progress
from polycast.engine import ERROR_THRESHOLD, WORKERS
from polycast.errors import (
    BrokenProvider,
    OutcomeUnknown,
    PolycastError,
    Unsupported,
    UsageError,
    WaitTimeout,
)
from polycast.features import Features
from polycast.hooks import PROJECT, ProviderHooks
from polycast.limiter import Limiter, Rate
from polycast.model import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Message,
    Receipt,
    Recipient,
    Report,
    Status,
)
from polycast.registry import load_provider
from polycast.settings import build_settings, read_profiles

__all__ = ["Client", "connect"]

T = TypeVar("T")


def connect(name: str, *, config: str | Path | None = None, **settings: object) -> "Client":
    """Return a client for one account; nothing is sent yet.

    Each setting is looked for among the keywords, then in the environment
    (`POLYCAST_HYBER_LOGIN` for the name `"hyber"`), then in the profile of that name in
    `polycast.toml` (the working folder's, then the user's config folder's).

    Args:
        name: a profile's name, or a provider's.
        config: a settings file to read instead of the default ones.
        **settings: the provider's settings; its README lists them.

    Raises:
        UnknownProvider: no installed distribution offers it.
        BrokenProvider: it is installed but cannot be used.
        SettingsError: a setting is missing, misspelt or not of its type.
    """
    profiles = read_profiles(config)
    profile = profiles.get(name)
    provider = load_provider(profile.provider if profile else name, profiles)
    checked = build_settings(provider.Settings, name, keywords=settings, profile=profile)
    return Client(profile.provider if profile else name, provider(checked))


class Client:
    """One account of one provider.

    Made by `connect`; close it, or use it in a `with` statement. It may be shared between
    threads.
    """

    def __init__(self, provider_name: str, provider: Any) -> None:
        """Wrap a provider that has been made with its settings.

        Raises:
            BrokenProvider: it does not keep to the hooks' names and arguments.
        """
        self.provider_name = provider_name
        self.provider = provider
        # One manager per client: a hook call can reach this account, and no other.
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(ProviderHooks)
        try:
            manager.register(provider, name=provider_name)
            manager.check_pending()
        except (pluggy.PluginValidationError, TypeError) as error:
            raise BrokenProvider(
                f"The provider {provider_name!r} does not keep to the hooks: {error}"
            ) from error
        callers = manager.get_hookcallers(provider) or []
        self._hooks = frozenset(caller.name for caller in callers)
        self._hook = cast(ProviderHooks, manager.hook)

    def __repr__(self) -> str:
        return f"<Client of {self.provider_name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, if the provider holds any."""
        close = getattr(self.provider, "close", None)
        if close is not None:
            close()

    @property
    def features(self) -> Features:
        """What the provider can do."""
        return cast(Features, self.provider.features)

    @property
    def api(self) -> Any:
        """The generated client: every operation of the provider's spec, in its own words."""
        api = getattr(self.provider, "api", None)
        if api is None:
            raise Unsupported(f"{self.provider_name} has no client of its own behind it.")
        return api

    def send(self, message: Message) -> Receipt:
        """Send one message.

        Raises:
            UsageError: it cannot be sent as asked; nothing was.
            ProviderError: the provider refused it, or was not reached.
            OutcomeUnknown: the reply was lost; the message may be on its way.
        """
        if not isinstance(message, Message):
            raise UsageError(f"send takes a Message, not {type(message).__name__}.")
        features = self.features
        self._require("send")
        features.check_address(self.provider_name, message)
        features.check_content(self.provider_name, message)
        if message.text is None and not features.says_without_text(message):
            raise UsageError(f"There is nothing to say to {message.to}: give a text.")
        self.check(message)
        return self._ask("send", lambda: self._hook.send(message=message), Receipt)

    def send_bulk(
        self,
        broadcast: Broadcast,
        *,
        workers: int = WORKERS,
        rate: str | Rate | Limiter | None = None,
        error_threshold: int | None = ERROR_THRESHOLD,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> BulkReceipt:
        """Send one broadcast, in as many calls as the provider needs for it.

        Everything is checked before the first call. When some calls succeed and others do
        not, nothing is raised: each batch and each receipt says what became of it, in the order
        that was given, in whatever order the calls were made.

        Of several calls, one that the provider turned away because it was asked too fast (429),
        or that did not reach it, is made again: everybody waits as long as the provider asks for,
        two minutes in all, and then the rest is CANCELLED. The rest is CANCELLED as well when the
        credentials are refused, the credit is used up, or too many calls in a row have failed.
        The one call of a small broadcast is made once, and its error raised.

        Nothing is kept of it but the receipt. For long lists `polycast.campaign` keeps a ledger,
        which can be gone on with after a crash.

        Ctrl-C waits for what is in flight; the KeyboardInterrupt is a `polycast.Interrupted`,
        whose `receipt` holds what was sent.

        Args:
            broadcast: what to send to whom.
            workers: calls to the provider at a time. With 1 they are made in order.
            rate: `"100/s"`, `"5000/min"` (messages) or `"2500 calls/h"`; a `Limiter` to share
                one between calls of this method. None for no limit but the provider's.
            error_threshold: failed calls in a row after which the rest is not made; None to try
                them all.
            on_progress: told how far it has come, several times a second.

        Raises:
            UsageError: it cannot be sent as asked; nothing was.
            ProviderError: the provider refused all of it, or was not reached.
            OutcomeUnknown: it took one call, and its reply was lost.
            Interrupted: Ctrl-C.
        """
        if not isinstance(broadcast, Broadcast):
            raise UsageError(f"send_bulk takes a Broadcast, not {type(broadcast).__name__}.")
        self._require("send_bulk")
        return bulk.submit(
            self.plan(broadcast),
            self.submit,
            Limiter.of(rate),
            workers=workers,
            error_threshold=error_threshold,
            on_progress=on_progress,
        )

    def plan(self, broadcast: Broadcast) -> bulk.Plan:
        """Check a broadcast and return the calls it would take, without making them.

        Raises:
            UsageError: it cannot be sent as asked.
        """
        plan = bulk.plan(self.provider_name, self.features, broadcast)
        for batch, _ in plan.batches:
            self.check(batch)
        return plan

    def check(self, request: Message | Broadcast) -> None:
        """Let the provider refuse what it cannot be told, without network.

        Args:
            request: a message, or one batch of a plan.

        Raises:
            UsageError: it cannot be sent as asked.
        """
        try:
            self._hook.check(request=request)
        except PolycastError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of a plugin, found in time
            words, cause = f"check raised {type(error).__name__}: {error}", error
        else:
            return
        raise BrokenProvider(f"{self.provider_name}: {words}. Nothing was sent.") from cause

    def submit(self, batch: Broadcast) -> BulkReceipt:
        """Make the one call for a batch of a plan, which has been checked.

        Raises:
            ProviderError: the provider refused it, or was not reached.
            OutcomeUnknown: its reply was lost.
        """
        self._require("send_bulk")
        return self._ask("send_bulk", lambda: self._hook.send_bulk(broadcast=batch), BulkReceipt)

    def status(self, id: str) -> Status:
        """Ask how far a message or broadcast has come.

        Args:
            id: the `id` of a receipt.

        Raises:
            NotFound: the provider does not know it.
        """
        ids = self._ids(id)
        self._require("status")
        return bulk.merge_statuses(
            id,
            [self._ask("status", lambda each=each: self._hook.status(id=each), Status)  # type: ignore[misc]
             for each in ids],
        )  # fmt: skip

    def control(self, id: str, action: Action) -> Status:
        """Pause, resume, stop or delete a broadcast.

        A broadcast that took several calls is controlled in all of its parts; when one of
        them fails the others are still told, and the error's notes say how many obeyed.

        Args:
            id: the `id` of a receipt.
            action: what to do.

        Raises:
            Unsupported: the provider does not offer this action.
            Conflict: it does not fit the present state.
        """
        ids = self._ids(id)
        try:
            action = Action(action)
        except ValueError:
            raise UsageError(
                f"{action!r} is not an action; there are {', '.join(Action)}."
            ) from None
        if "control" not in self._hooks or action not in self.features.actions:
            offered = ", ".join(sorted(self.features.actions)) or "no actions on broadcasts"
            raise Unsupported(f"{self.provider_name} cannot {action}; it offers {offered}.")
        statuses: list[Status] = []
        failures: list[PolycastError] = []
        for each in ids:
            try:
                statuses.append(
                    self._ask(
                        "control",
                        lambda each=each: self._hook.control(id=each, action=action),  # type: ignore[misc]
                        Status,
                    )
                )
            except PolycastError as error:
                failures.append(error)
        if failures:
            if len(ids) > 1:
                failures[0].add_note(f"{len(statuses)} of {len(ids)} batches obeyed.")
            raise failures[0]
        return bulk.merge_statuses(id, statuses)

    def watch(
        self,
        id: str,
        *,
        timeout: float | None = None,
        interval: float = 2.0,
    ) -> Iterator[Status]:
        """Yield the status now, and again after each interval, up to the final one.

        Args:
            id: the `id` of a receipt.
            timeout: seconds to go on for; None to go on until the state is final.
            interval: seconds between two questions.
        """
        if not 0 < interval < math.inf:
            raise UsageError("The interval is a positive number of seconds.")
        give_up = None if timeout is None else time.monotonic() + timeout
        while True:
            status = self.status(id)
            yield status
            if status.is_final:
                return
            pause = interval
            if give_up is not None:
                left = give_up - time.monotonic()
                if left <= 0:
                    return
                pause = min(interval, left)
            time.sleep(pause)

    def wait(
        self,
        id: str,
        *,
        timeout: float = 300.0,
        interval: float = 2.0,
    ) -> Status:
        """Ask until the state is final, and return it.

        Args:
            id: the `id` of a receipt.
            timeout: seconds to go on for.
            interval: seconds between two questions.

        Raises:
            WaitTimeout: the time passed first; its `status` is the last one seen.
        """
        last: Status | None = None
        for status in self.watch(id, timeout=timeout, interval=interval):
            last = status
        if last is not None and last.is_final:
            return last
        state = last.state if last else "unknown"
        raise WaitTimeout(f"{id} was still {state} after {timeout:g} s.", last)

    def receive(self, request: CallbackRequest) -> list[Report]:
        """Understand what the provider pushed to your `callback_url`.

        Args:
            request: the HTTP request, as your web framework hands it over.

        Returns:
            One report per row. The same report may come again: providers repeat themselves.

        Raises:
            UsageError: the request is none of this provider's.
        """
        self._require("receive")
        reports = self._ask("receive", lambda: self._hook.receive(request=request), list)
        return cast(list[Report], reports)

    def lookup(self, request: Message | Broadcast, since: datetime) -> BulkReceipt | None:
        """Ask whether a message or broadcast arrived whose reply was lost.

        Args:
            request: what was sent, unchanged.
            since: a moment before it was sent; must have a time zone.

        Returns:
            What sending it would have returned, or None when the provider does not have it. Of
            a broadcast that took several calls, the batches that it does not have are UNKNOWN.

        Raises:
            OutcomeUnknown: the provider cannot tell.
        """
        if since.utcoffset() is None:
            raise UsageError("since has no time zone: give it one.")
        self._require("lookup")
        plan = self.plan(_as_broadcast(request))
        return bulk.look_up(plan, lambda batch: self.find(batch, since))

    def find(self, batch: Broadcast, since: datetime) -> BulkReceipt | None:
        """Ask whether one batch of a plan arrived whose reply was lost.

        Args:
            batch: what `submit` was given, unchanged.
            since: a moment before it left; must have a time zone.

        Returns:
            What `submit` would have returned, or None when the provider does not have it.

        Raises:
            OutcomeUnknown: the provider cannot tell.
        """
        self._require("lookup")
        return self._ask_or_none(
            "lookup", lambda: self._hook.lookup(broadcast=batch, since=since), BulkReceipt
        )

    def _ids(self, joined: str) -> list[str]:
        ids = bulk.split_ids(joined)
        if not ids or not all(each.strip() for each in ids):
            raise UsageError("The id is empty: give the id of a receipt.")
        return ids

    def _require(self, hook: str) -> None:
        if hook not in self._hooks:
            offered = ", ".join(sorted(self._hooks)) or "nothing"
            raise Unsupported(f"{self.provider_name} does not offer {hook}; it offers {offered}.")

    def _ask(self, hook: str, call: Callable[[], object], kind: type[T]) -> T:
        """Call a hook, and let nothing but our own errors and values out."""
        answer = self._ask_or_none(hook, call, kind)
        if answer is None:
            raise self._defect(hook, f"the plugin answered with nothing, not {kind.__name__}")
        return answer

    def _ask_or_none(self, hook: str, call: Callable[[], object], kind: type[T]) -> T | None:
        cause: Exception | None = None
        try:
            answer = call()
        except PolycastError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of a plugin must not look like an answer
            words, cause = f"the plugin raised {type(error).__name__}: {error}", error
        else:
            if answer is None or isinstance(answer, kind):
                return answer
            words = f"the plugin answered with {type(answer).__name__}, not {kind.__name__}"
        raise self._defect(hook, words) from cause

    def _defect(self, hook: str, words: str) -> PolycastError:
        if hook in ("send", "send_bulk", "control"):
            # The request may have left before the plugin failed.
            return OutcomeUnknown(words, provider=self.provider_name, operation=hook)
        return BrokenProvider(f"{self.provider_name}: {hook}: {words}.")


def _as_broadcast(request: Message | Broadcast) -> Broadcast:
    if isinstance(request, Broadcast):
        return request
    content = {
        field.name: getattr(request, field.name)
        for field in attrs.fields(Message)
        if field.name not in ("to", "text")
    }
    return Broadcast(recipients=[Recipient(request.to, text=request.text)], **content)
