"""`Client`: one account of one provider."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, Self

from polycast.concurrency.collecting import fewer_collections
from polycast.errors import PolycastError, Suppressed, Unsupported, UsageError
from polycast.model.balance import Balance
from polycast.model.features import Features
from polycast.model.messages import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Message,
    Receipt,
    Reply,
    Report,
    Status,
)
from polycast.plugins.caller import HookCaller, Prepared
from polycast.plugins.hookspecs import Account
from polycast.sending import bulk, polling
from polycast.sending.admission import Admission
from polycast.sending.dispatcher import ERROR_THRESHOLD, WORKERS
from polycast.sending.planning import plan
from polycast.sending.queue import Progress
from polycast.sending.rate_limiter import Limiter, Rate

__all__ = ["Client"]


class Client:
    """One account of one provider.

    Made by `connect`; close it, or use it in a `with` statement. It may be shared between
    threads.
    """

    def __init__(
        self,
        provider_name: str,
        provider: Any,
        *,
        wrappers: Iterable[object] = (),
        account: Account | None = None,
    ) -> None:
        """Take a provider that has been made with its settings, and the wrappers around it.

        Args:
            provider_name: what it is called.
            provider: the provider itself.
            wrappers: wrappers themselves, the outermost first.
            account: what wrappers are told of it; made of the above where it is left out.

        Raises:
            BrokenProvider: one of them does not keep to the hooks' names and arguments.
        """
        self.provider_name = provider_name
        self.provider = provider
        settings = getattr(provider, "settings", None)
        self.account = account or Account(provider_name, provider_name, settings)
        self._caller = HookCaller(self.account, provider, wrappers)

    def __repr__(self) -> str:
        return f"<Client of {self.provider_name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Client cannot be pickled: it holds credentials and open connections. Call "
            "polycast.connect in the other process."
        )

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
        return self._caller.features

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
            Suppressed: a wrapper says that the recipient must not be written to.
            ProviderError: the provider refused it, or was not reached.
            OutcomeUnknown: the reply was lost; the message may be on its way.
        """
        return self._caller.send(prepare_message(self._caller, message))

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

        Everything is checked before the first call. A recipient who must not be written to, as a
        wrapper says, and one who would get the same text at the same address a second time, is
        left out: the state of its receipt is CANCELLED, and its words say why. When some calls
        succeed and others do not, nothing is raised: each batch and each receipt says what became
        of it, in the order that was given, in whatever order the calls were made.

        Of several calls, one that the provider turned away because it was asked too fast (429),
        or that did not reach it, is made again: everybody waits as long as the provider asks for,
        two minutes in all, and then the rest is CANCELLED. The rest is CANCELLED as well when the
        credentials are refused, the credit is used up, or too many calls in a row have failed.
        The one call of a small broadcast is not waited for, and its error raised.

        Where a provider refuses a whole call because of some of its recipients, only those are
        REJECTED, each with its own words, and the others are sent in a new call. Where it does not
        say who they are, the call is divided until they are found.

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
        self._caller.require("send_bulk")
        caller = self._caller
        with fewer_collections():
            return bulk.submit(
                plan(caller, broadcast),
                lambda batch: caller.send_bulk(batch.prepared or caller.prepare(batch.broadcast)),
                Limiter.of(rate),
                workers=workers,
                error_threshold=error_threshold,
                on_progress=on_progress,
                divides=self.features.all_or_nothing,
            )

    def status(self, id: str) -> Status:
        """Ask how far a message or broadcast has come.

        Args:
            id: the `id` of a receipt.

        Raises:
            NotFound: the provider does not know it.
        """
        ids = self._ids(id)
        told = self._caller.listed(ids)
        return bulk.merge_statuses(
            id, [told.get(each) or self._caller.status(each) for each in ids]
        )

    def balance(self) -> Balance:
        """Ask what is left on the account.

        Raises:
            Unsupported: the provider does not tell.
            ProviderError: it refused, or was not reached.
        """
        self._caller.require("balance")
        return self._caller.ask("balance", lambda: self._caller.hook.balance(), Balance)

    def control(self, id: str, action: Action) -> Status:
        """Pause, resume, stop or delete a broadcast.

        A broadcast that took several calls is controlled in all of its parts; when one of
        them fails the others are still controlled, and the error's notes say how many were.

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
        if "control" not in self._caller.offered or action not in self.features.actions:
            offered = ", ".join(sorted(self.features.actions)) or "no actions on broadcasts"
            raise Unsupported(f"{self.provider_name} cannot {action}; it offers {offered}.")
        statuses: list[Status] = []
        failures: list[PolycastError] = []
        for each in ids:
            try:
                statuses.append(
                    self._caller.ask(
                        "control",
                        lambda each=each: self._caller.hook.control(id=each, action=action),  # type: ignore[misc]
                        Status,
                    )
                )
            except PolycastError as error:
                failures.append(error)
        if failures:
            if len(ids) > 1:
                failures[0].add_note(f"{len(statuses)} of {len(ids)} batches succeeded.")
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
        return polling.watch(lambda: self.status(id), timeout=timeout, interval=interval)

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
        return polling.wait(id, self.watch(id, timeout=timeout, interval=interval), timeout)

    def receive(self, request: CallbackRequest) -> list[Report | Reply]:
        """Check and understand what the provider pushed to you.

        Args:
            request: the HTTP request, as your web framework hands it over.

        Returns:
            One report per row, and a `Reply` for each message that a person wrote, where the
            provider's `Features` say `replies`. The same may come again: providers repeat
            themselves.

        Raises:
            UnverifiedRequest: its signature or token is missing or wrong, where the provider has
                one (`Features.verifies`).
            UsageError: the request is none of this provider's.
        """
        if not isinstance(request, CallbackRequest):
            raise UsageError(f"receive takes a CallbackRequest, not {type(request).__name__}.")
        return self._caller.receive(request)

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
        if not isinstance(request, Message | Broadcast):
            raise UsageError(
                f"lookup takes a Message or a Broadcast, not {type(request).__name__}."
            )
        if not isinstance(since, datetime):
            raise UsageError(f"since is a datetime, not {type(since).__name__}.")
        if since.utcoffset() is None:
            raise UsageError("since has no time zone: give it one.")
        self._caller.require("lookup")
        # A message was sent, even if a suppression list names its recipient by now.
        made = (
            plan(self._caller, request.as_broadcast(), sent=True, suppress=False)
            if isinstance(request, Message)
            else plan(self._caller, request, sent=True)
        )
        return bulk.look_up(made, lambda batch: self._caller.lookup(batch, since))

    def _ids(self, joined: str) -> list[str]:
        if not isinstance(joined, str):
            raise UsageError(f"An id is a string, not {type(joined).__name__}.")
        ids = bulk.split_ids(joined)
        if not ids or not all(each.strip() for each in ids):
            raise UsageError("The id is empty: give the id of a receipt.")
        return ids


def prepare_message(
    caller: HookCaller,
    message: Message,
    *,
    suppression: Callable[[str], str | None] | None = None,
) -> Prepared[Message]:
    """Check a message to the last rule before it is sent; not public.

    Args:
        caller: the account.
        message: what is to be sent.
        suppression: why an address must not be written to, besides what wrappers say.

    Raises:
        UsageError: it cannot be sent as asked.
        Suppressed: the recipient must not be written to.
    """
    if not isinstance(message, Message):
        raise UsageError(f"send takes a Message, not {type(message).__name__}.")
    caller.require("send")
    admission = Admission(caller.account.provider, caller.features, message)
    admission.check_moment()
    try:
        admission.check(message)
    except Unsupported:
        raise
    except UsageError as error:
        raise UsageError(f"The message to {message.to} cannot be sent: {error}.") from None
    own = None if suppression is None else suppression(message.to)
    reason = own or caller.suppression_reason(message.to)
    if reason is not None:
        raise Suppressed(f"{message.to} must not be written to: {reason}. Nothing was sent.")
    return caller.prepare(message)


def caller_of(client: Client) -> HookCaller:
    """Return what makes a client's calls; not public: for campaigns and the command line."""
    return client._caller  # noqa: SLF001 - this module's own


def put_inside(client: Client, wrapper: object) -> None:
    """Put one more wrapper around the provider, inside the others; not public: for dry runs.

    Args:
        client: is changed.
        wrapper: one that does not ask whose calls these are.
    """
    client._caller = client._caller.with_innermost(wrapper)  # noqa: SLF001


@contextmanager
def redirected(client: Client, provider: Any) -> Iterator[None]:
    """Let another provider answer a client's calls until the block ends; not public: for outboxes.

    Args:
        client: its wrappers stay around it.
        provider: one that has the hooks of the client's own.
    """
    before = client.provider, client._caller  # noqa: SLF001
    client.provider, client._caller = provider, before[1].redirected(provider)  # noqa: SLF001
    try:
        yield
    finally:
        client.provider, client._caller = before  # noqa: SLF001
