"""Makes the cells of the matrix: a call that meets a fault, and what is to be seen of it."""

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from typing import Any, Self
from unittest import mock

import attrs
from polycast import Client, OutcomeUnknown, PolycastError, ProviderUnavailable, RateLimited
from polycast.campaign import CampaignReport
from polycast.sandbox import Sandbox
from polycast.wire import transport

from tests.faults import campaigns, leaks, tls
from tests.faults.bodies import AS_IT_SHOULD_BE, CAP
from tests.faults.kinds import QUICK, Fault, Scene
from tests.faults.providers import CHANGES, Provider, good
from tests.faults.proxies import PASSWORD, Proxies
from tests.faults.rules import MOST, RULES, Means
from tests.faults.server import LOOPBACK, Peer, Server

__all__ = ["Finding", "Matrix", "Wanted"]

#: Seconds without a byte, and for the whole call, of clients that are to run into their time-outs,
#: and of those that are not, however busy the machine.
_QUICK: Mapping[str, object] = {"timeout": QUICK, "deadline": 3.0}
_PATIENT: Mapping[str, object] = {"timeout": 90.0, "deadline": 180.0}
#: Seconds that the tests wait for what must come.
_WAIT = 30.0
#: Seconds that a call may take beyond its deadline.
_GRACE = 5.0
#: Cells at a time. They wait for most of theirs.
_AT_ONCE = 12
#: A name of this machine that is reached without a proxy.
_DIRECT = "localhost"
#: A name that nobody has.
_NO_NAME = "nobody.invalid"

#: A provider, a hook of its, and a fault.
Wanted = tuple[Provider, str, Fault]


@attrs.frozen
class Finding:
    """What one cell shows.

    Args:
        provider: its name.
        hook: the column.
        fault: the row.
        outcome: the error's class, or `ok`.
        requests: how many the server read.
        problems: what is wrong, a sentence each; none where it is as promised.
    """

    provider: str
    hook: str
    fault: Fault
    outcome: str
    requests: int
    problems: tuple[str, ...]


class Matrix:
    """Makes cells, several at a time.

    Use it as a context: as long as it is open the environment has the authority of the tests and
    no proxy, no name is looked up, and everything is logged.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._numbers = count(1)
        #: Requests of a call that meets no fault, by provider and hook.
        self.usual: dict[tuple[str, str], int] = {}

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        self.records = enter(leaks.Records())
        self.elsewhere = enter(Server(lambda peer: list(self.elsewhere.read(peer))))
        self.full = enter(_full_listener())
        self.proxies = enter(Proxies())
        self._bundle = enter(tls.bundle())
        enter(mock.patch.object(socket, "getaddrinfo", _resolving(socket.getaddrinfo)))
        enter(mock.patch.object(transport, "MAX_ANSWER", CAP))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, wanted: Iterable[Wanted]) -> Iterator[Finding]:
        """Make cells; those that share an environment are made side by side."""
        wanted = list(wanted)
        plain = [(provider, hook, AS_IT_SHOULD_BE) for provider, hook, _ in wanted]
        yet = [each for each in plain if (each[0].name, each[1]) not in self.usual]
        for found in self._run(dict.fromkeys(yet)):
            assert not found.problems, f"{found.provider}'s {found.hook}: {found.problems}"
            self.usual[found.provider, found.hook] = found.requests
        yield from self._run(wanted)

    def _run(self, wanted: Iterable[Wanted]) -> Iterator[Finding]:
        together: dict[tuple[tuple[str, str], ...], list[Wanted]] = {}
        for each in wanted:
            together.setdefault(tuple(self._variables(each[2]).items()), []).append(each)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for variables, cells in together.items():
                with _environment(dict(variables)):
                    yield from pool.map(self._cell, cells)

    def _variables(self, fault: Fault) -> dict[str, str]:
        found = {"REQUESTS_CA_BUNDLE": self._bundle, "no_proxy": _DIRECT, **fault.environment}
        if fault.proxy is not None:
            found[f"{fault.scheme}_proxy"] = self.proxies.url(fault.proxy)
        return found

    def _cell(self, wanted: Wanted) -> Finding:
        with ExitStack() as stack:
            return _Cell(self, *wanted, stack, f"cell-{next(self._numbers)}").make()


class _Cell:
    """One cell while it is made."""

    def __init__(
        self,
        matrix: Matrix,
        provider: Provider,
        hook: str,
        fault: Fault,
        stack: ExitStack,
        token: str,
    ) -> None:
        self.matrix, self.provider, self.hook, self.fault = matrix, provider, hook, fault
        self.stack, self.token = stack, token
        self.sandbox: Sandbox = provider.sandbox()
        self.patience = _QUICK if fault.quick else _PATIENT
        #: Seconds that the call may take, however often it is tried.
        self.most = float(str(self.patience["deadline"])) + _GRACE
        self.rule = RULES[fault.means][hook not in CHANGES]
        self.secrets = _secrets(provider)
        self.pauses: list[float] = []
        self.problems: list[str] = []
        self.log = matrix.records.begin()

    def make(self) -> Finding:
        """Make the call, and look at what came of it."""
        helper_server = self.stack.enter_context(Server(self._play_well))
        helper = self._connect(f"http://{_DIRECT}:{helper_server.port}", _PATIENT)
        ask = self.provider.prepare(self.hook, helper)
        server = self.stack.enter_context(Server(self._play))
        self.server = server
        client = self._connect(self._address(), self.patience)
        if self.fault.primed:
            client.send(self.provider.message(1))
            if self.fault.means is Means.WORKS:
                assert server.closed_one.wait(_WAIT), "The kept connection is still open."
        before, started = len(server.requests), time.monotonic()
        # What hangs is ended, and red.
        watchdog = threading.Timer(self.most + 1.0, server.stop)
        watchdog.start()
        result: object = None
        error: PolycastError | None = None
        outcome = "ok"
        try:
            result = ask(client)
        except PolycastError as raised:
            error, outcome = raised, type(raised).__name__
        except Exception as raised:  # noqa: BLE001 - which one it is shall be told
            outcome = type(raised).__name__
            self.problems.append(f"{outcome}, which is none of ours, escapes: {raised}")
        took = time.monotonic() - started
        watchdog.cancel()
        # It may still lie in the socket when the client has given up.
        server.wait_for(before + self.rule.requests.start, _WAIT)
        requests = len(server.requests) - before
        if isinstance(result, CampaignReport):
            outcome = campaigns.told(result)
            taken = len(self.sandbox.accepted) - (1 if self.fault.primed else 0)
            self.problems += campaigns.wrong(self.fault.means, result, taken)
            self._judge_leaks(leaks.shown_by_value(result))
        elif outcome == "ok":
            self._judge_result(result)
            self._judge_leaks(leaks.shown_by_value(result))
            if self.fault.followed:
                self._judge_next(client, result)
        elif error is not None:
            self._judge_error(error)
            self._judge_leaks(leaks.shown_by_error(error))
        self._judge_leaks([("the log", "\n".join(self.log))])
        if self.hook != "campaign":
            self._judge_requests(requests, outcome)
        self._judge_time(took)
        provider = self.provider.name
        return Finding(provider, self.hook, self.fault, outcome, requests, tuple(self.problems))

    # The two ends.

    def _connect(self, root: str, patience: Mapping[str, object]) -> Client:
        base_url = self.sandbox.base_url(f"{root}/{self.provider.name}")
        client = self.provider.client(base_url=base_url, **patience)
        self.stack.callback(client.close)
        client.api.transport.sleep = self.pauses.append
        return client

    def _address(self) -> str:
        scheme = self.fault.scheme
        match self.fault.address:
            case "no name":
                return f"{scheme}://{_NO_NAME}"
            case "full":
                return f"{scheme}://{LOOPBACK}:{self.matrix.full}"
            case "nobody":
                with socket.create_server((LOOPBACK, 0)) as nobody:
                    return f"{scheme}://{LOOPBACK}:{nobody.getsockname()[1]}"
        return f"{scheme}://{LOOPBACK}:{self.server.port}"

    def _play_well(self, peer: Peer) -> None:
        while request := peer.request():
            peer.send(good(self.sandbox, request).bytes())

    def _play(self, peer: Peer) -> None:
        fault = self.fault
        if fault.opens is not None and fault.opens(peer):
            return
        if fault.certificate is not None:
            peer.wrap(tls.context(fault.certificate))
        for request in self.server.read(peer):
            scene = Scene(
                request,
                partial(good, self.sandbox, request),
                self.secrets,
                f"http://{LOOPBACK}:{self.matrix.elsewhere.port}/{self.token}{request.target}",
            )
            if fault.first and request.number > 1:
                peer.send(scene.good().bytes())
            else:
                fault.plays(peer, scene)

    # What is promised.

    def _judge_result(self, result: object) -> None:
        if not self.rule.works:
            self._wrong(f"it passes for a success: {result!r}")
        if result is None and not self.fault.other_texts:
            self._wrong("None says that nothing arrived, and it did")
        # What is told has to be fit for a file, a database and a terminal.
        try:
            repr(getattr(result, "id", None)).encode()
            str(getattr(result, "id", None)).encode()
        except UnicodeError:
            self._wrong("its id cannot be written down")

    def _judge_error(self, error: PolycastError) -> None:
        rule, name = self.rule, type(error).__name__
        looks = self.hook == "lookup" and isinstance(error, OutcomeUnknown)
        if not isinstance(error, rule.errors) and not (looks and rule.errors):
            wanted = " or ".join([*(["ok"] if rule.works else []), *_names(rule.errors)])
            self._wrong(f"{name} where it is {wanted}: {error}")
        if not looks and error.carried_out not in rule.carried_out:
            self._wrong(f"carried_out is {error.carried_out}: {error}")
        if not looks and error.safe_to_retry not in rule.safe:
            self._wrong(f"safe_to_retry is {error.safe_to_retry}: {error}")
        if self.fault.shows and self.fault.shows not in str(error):
            self._wrong(f"it does not name {self.fault.shows}: {error}")
        if (
            self.fault.blames_proxy
            and self.fault.proxy
            and self.matrix.proxies.place(self.fault.proxy) not in str(error)
        ):
            self._wrong(f"it does not name the proxy: {error}")
        if isinstance(error, RateLimited | ProviderUnavailable) and not looks:
            self._judge_retry_after(error.retry_after)

    def _judge_retry_after(self, told: float | None) -> None:
        if self.fault.retry_after is None:
            if told is not None:
                self._wrong(f"retry_after is {told}, and nothing of sense was asked for")
            return
        least, most = self.fault.retry_after
        if told is None or not least <= told <= most:
            self._wrong(f"retry_after is {told}, and {least} to {most} was asked for")

    def _judge_requests(self, requests: int, outcome: str) -> None:
        wanted = self.rule.requests
        more = self.matrix.usual.get((self.provider.name, self.hook), requests) - 1
        if self.hook not in CHANGES:
            # How many questions there are may depend on the answers, and on the time.
            wanted = range(wanted.start, wanted.stop + MOST + more) if wanted.stop > 1 else wanted
        elif outcome == "ok":
            wanted = range(wanted.start + more, wanted.stop + more)
        if requests not in wanted:
            told = f"{wanted.start} to {wanted.stop - 1}" if len(wanted) > 1 else wanted.start
            self._wrong(f"the server read {requests} requests where it is {told}")
        if any(self.token in each.target for each in self.matrix.elsewhere.requests):
            self._wrong("a request went to the other host")

    def _judge_time(self, took: float) -> None:
        if took > self.most:
            self._wrong(f"it took {took:.1f} s, and at most {self.most:.1f} s is configured")
        if sum(self.pauses) > self.most:
            self._wrong(f"it waits {sum(self.pauses):.1f} s between its tries")

    def _judge_leaks(self, shown: Iterable[tuple[str, str]]) -> None:
        places = dict.fromkeys(leaks.found((*self.secrets, PASSWORD), shown))
        if places:
            self._wrong(f"a secret shows in {', '.join(places)}")

    def _judge_next(self, client: Client, result: object) -> None:
        before = len(self.sandbox.accepted)
        try:
            receipt = client.send(self.provider.message(1))
        except PolycastError as error:
            self._wrong(f"the next call fails: {error}")
            return
        if receipt.id is not None and receipt.id == getattr(result, "id", None):
            self._wrong("the next call got this one's answer")
        if len(self.sandbox.accepted) != before + 1:
            self._wrong("the next call was not carried out once")

    def _wrong(self, words: str) -> None:
        self.problems.append(words)


def _names(kinds: Iterable[type]) -> list[str]:
    return [kind.__name__ for kind in kinds]


def _secrets(provider: Provider) -> tuple[str, ...]:
    """Return every secret that a client of this provider knows."""
    given = provider.sandbox.settings()
    kinds = attrs.fields_dict(attrs.resolve_types(provider.plugin.Settings))
    own = [
        str(value)
        for name, value in given.items()
        if re.search(r"\bSecret\b", str(kinds[name].type))
    ]
    assert own, f"{provider.name} has no secrets."
    return tuple(own)


def _resolving(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Have names end in an error, without asking anybody."""

    def getaddrinfo(host: Any, *args: Any, **more: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *args, **more)

    return getaddrinfo


@contextmanager
def _full_listener() -> Iterator[int]:
    """Listen on a port whose queue of connections is full, and return it."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        port: int = listener.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((LOOPBACK, port))
        yield port


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set these variables, and none that name a proxy or a bundle otherwise."""
    clear = {name for name in os.environ if name.lower().endswith("_proxy")}
    clear |= {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    with mock.patch.dict(os.environ):
        for name in clear:
            os.environ.pop(name, None)
        os.environ.update(variables)
        yield
