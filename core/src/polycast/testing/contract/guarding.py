"""The promise about secrets: they go to the provider, and nowhere else.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import base64
import contextlib
import json
import logging
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

import attrs
import pytest

from polycast.client import Client
from polycast.errors import PolycastError
from polycast.model.messages import Action, BulkReceipt, CallbackRequest, Status
from polycast.sandbox import Answer, Error, Garbage, LoseReply, Sandbox
from polycast.testing.contract.base import Contract, MakeEnvironment, nowhere
from polycast.testing.contract.rewriting import Rewritten, echoing
from polycast.testing.environments import Environment

__all__ = ["GuardingContract"]

#: A secret that is wrong, and has other forms in URLs, markup and JSON.
SENTINEL = 's3ntinel+/=&"<secret>'
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
#: Below this a secret turns up by accident.
_SHORTEST = 6


class GuardingContract(Contract):
    """What is shown, logged, raised, kept and pickled."""

    def _check(self, secrets: list[str], where: str, shown: str) -> None:
        for secret in secrets:
            for form in _forms(secret):
                assert form not in shown, f"A secret shows in {where}: {_around(shown, form)}"
            for token in _BASE64.findall(shown):
                assert secret not in _decoded(token), (
                    f"A secret shows in {where}, in Base64: {_around(shown, token)}"
                )

    def _known(self) -> list[str]:
        known = list(self.secrets.values())
        short = [name for name, value in self.secrets.items() if len(value) < _SHORTEST]
        assert not short, (
            f"The sandbox's {', '.join(short)} has less than {_SHORTEST} characters, and would "
            "be found everywhere: give it a longer one."
        )
        return known

    def _failures(self, here: Environment[Sandbox]) -> Iterator[tuple[str, PolycastError]]:
        """Fail in every way there is, and yield the errors."""
        client, faults = here.client, here.server.faults
        echo = json.dumps({"detail": f"wrong key {' and '.join(self._known())}"})
        for name, fault in (
            ("a refusal that repeats the secret", Answer(400, echo, "application/json")),
            ("a refusal that repeats the secret as text", Answer(403, echo, "text/plain")),
            ("an answer that repeats the secret", Answer(200, echo, "application/json")),
            ("an XML answer that repeats the secret", Answer(200, f"<a>{echo}</a>", "text/xml")),
            ("a lost reply", LoseReply()),
            ("a failure of the provider", Error(500)),
            ("a web page", Garbage()),
        ):
            faults.add(fault, times=20)
            for error in self._errors(client):
                yield name, error
            faults.clear()
        for error in self._errors(here.connect(base_url=self.sandbox.base_url(nowhere()))):
            yield "a connection that is refused", error
        for error in self._errors(here.connect(timeout=1e-6)):
            yield "a timeout", error

    def _errors(self, client: Client) -> Iterator[PolycastError]:
        """Make one call of each kind, and yield what they raise."""
        for call in self._calls(client):
            try:
                call()
            except PolycastError as error:
                yield error

    def _calls(self, client: Client) -> list[Callable[[], object]]:
        """Return one call of each kind; those about an id ask about what was sent before them."""
        ids = ["1"]

        def send() -> object:
            receipt = client.send_bulk(self.broadcast())
            ids[:] = [receipt.id or "1"]
            return receipt

        since = datetime.now(UTC) - timedelta(hours=1)
        return [
            lambda: client.send(self.message()),
            send,
            lambda: client.status(ids[0]),
            lambda: list(client.status(ids[0]).reports),
            lambda: client.lookup(self.message(), since),
            lambda: client.receive(CallbackRequest(body=b"{}")),
            *(partial(self._control, client, ids, action) for action in self.features.actions),
        ]

    def _control(self, client: Client, ids: list[str], action: Action) -> Status:
        return client.control(ids[0], action)

    def test_no_secret_in_errors_tracebacks_and_pickles(self, environment: MakeEnvironment) -> None:
        """Whatever goes wrong, the error, its causes and what it holds are free of secrets."""
        secrets = self._known()
        here = environment()
        for name, error in self._failures(here):
            shown = "".join(traceback.format_exception(error))
            self._check(secrets, f"the traceback of {name}", shown)
            self._check(secrets, f"the facts of {name}", repr(vars(error)))
            pickled = pickle.dumps(error)
            self._check(secrets, f"the pickle of {name}", pickled.decode("latin-1"))
            assert str(pickle.loads(pickled)) == str(error), f"{error!r} changes when pickled."
            for cause in _causes(error):
                self._check(secrets, f"what {name} was caused by", repr((cause, vars(cause))))
                request = getattr(cause, "request", None)
                assert request is None, (
                    f"The cause of {name} holds the whole request, credentials included."
                )

    def test_no_secret_in_a_wrong_one_either(self, environment: MakeEnvironment) -> None:
        """A secret that is refused does not show for that."""
        for name in self.secrets:
            try:
                here = environment({name: SENTINEL})
            except PolycastError as refused:
                # A secret that cannot travel is refused when connecting.
                self._check([SENTINEL], "the error of connect", _told(refused))
                continue
            self._check([SENTINEL], "the settings", repr(here.client.provider.settings))
            for error in self._errors(here.client):
                self._check([SENTINEL], f"the error about a wrong {name}", _told(error))

    def test_no_secret_in_logs(
        self, environment: MakeEnvironment, caplog: pytest.LogCaptureFixture
    ) -> None:
        """At DEBUG, with every library talking, no record holds a secret."""
        secrets = self._known()
        caplog.set_level(logging.DEBUG)
        here = environment()
        for _ in self._errors(here.client):
            pass
        for _ in self._failures(here):
            pass
        for record in caplog.records:
            shown = f"{record.getMessage()} {record.args!r} {record.exc_text or ''}"
            self._check(secrets, f"a record of the logger {record.name}", shown)
        self._check(secrets, "the log", caplog.text)

    def test_no_secret_on_the_terminal(
        self, environment: MakeEnvironment, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing is printed, and no secret above all."""
        here = environment()
        for _ in self._errors(here.client):
            pass
        told = "".join(capfd.readouterr())
        self._check(self._known(), "what was printed", told)
        assert not told, f"A library does not print; this was printed: {told!r}"

    def test_no_secret_in_what_stands_for_the_account(self, environment: MakeEnvironment) -> None:
        """Client, provider, settings and generated client show none, and settings pickle none."""
        secrets = self._known()
        here = environment()
        provider = here.client.provider
        api = getattr(provider, "api", None)
        things = {
            "the client": here.client,
            "the provider": provider,
            "the settings": provider.settings,
            "the generated client": api,
            "the transport": getattr(api, "transport", None),
        }
        for name, thing in things.items():
            self._check(secrets, f"the repr of {name}", repr(thing))
            self._check(secrets, f"the str of {name}", f"{thing!s} {thing}")
            with contextlib.suppress(Exception):
                pickled = pickle.dumps(thing)
                self._check(secrets, f"the pickle of {name}", pickled.decode("latin-1"))

    def test_no_secret_in_what_comes_back(self, environment: MakeEnvironment) -> None:
        """Receipts and statuses, with the provider's own answers in them, hold none."""
        secrets = self._known()
        here = environment()
        answers: list[Any] = []
        if "send" in self.hooks:
            answers.append(here.client.send(self.message()))
        if "send_bulk" in self.hooks:
            answers.append(here.client.send_bulk(self.broadcast()))
        for answer in list(answers):
            self._check(secrets, "a receipt", f"{answer!r} {answer.raw!r}")
            pickled = pickle.dumps(answer)
            self._check(secrets, "the pickle of a receipt", pickled.decode("latin-1"))
            assert pickle.loads(pickled) == answer, "A receipt changes when pickled."
            if "status" in self.hooks:
                status = here.client.status(answer.id)
                shown = f"{status!r} {status.raw!r} {list(status.reports)!r}"
                self._check(secrets, "a status", shown)

    def test_no_secret_that_the_provider_repeats(self, environment: MakeEnvironment) -> None:
        """An answer that repeats a secret in each of its texts is masked wherever it is kept."""
        secrets = self._known()
        here = environment()
        echo = Rewritten(echoing(" and ".join(secrets)))
        for call in self._calls(here.client):
            here.server.faults.add(echo, times=20)
            try:
                told = call()
            except PolycastError as error:
                self._check(secrets, f"the error {type(error).__name__}", _told(error))
                told = error
            self._check(secrets, "what came back", _shown(told))
            self._check(secrets, "its pickle", _pickled(told).decode("latin-1"))
            here.server.faults.clear()

    def test_no_secret_in_an_address(self, environment: MakeEnvironment) -> None:
        """A base_url with credentials in it is not shown with them."""
        here = environment()
        root = nowhere().replace("://", "://operator:p4ssw0rd-of-proxy@")
        client = here.connect(base_url=self.sandbox.base_url(root))
        hidden = ["p4ssw0rd-of-proxy"]
        self._check(hidden, "the settings", repr(client.provider.settings))
        self._check(hidden, "the provider", repr(client.provider))
        for error in self._errors(client):
            self._check(hidden, "an error", _told(error))


def _forms(secret: str) -> set[str]:
    """Every form in which a secret may be written."""
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }


def _decoded(token: str) -> str:
    padded = token + "=" * (-len(token) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_" if set("-_") & set(token) else None).decode(
            "latin-1"
        )
    except ValueError:
        return ""


def _around(shown: str, form: str) -> str:
    """Return the words before a secret, without the secret."""
    return f"...{shown.partition(form)[0][-60:]!r}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    pending: list[BaseException | None] = [error.__cause__, error.__context__]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__]


def _shown(told: object) -> str:
    """Return all that an answer shows: what its `repr` leaves out, too."""
    parts: list[Any] = told if isinstance(told, list) else [told]
    shown = [f"{told!r} {told}"]
    for part in parts:
        shown.append(f"{part!r} {part} {getattr(part, 'raw', None)!r}")
        if isinstance(part, BulkReceipt):
            inside: list[Any] = [*part.receipts, *part.batches]
            shown += [f"{each!r} {each.raw!r}" for each in inside]
        elif isinstance(part, Status):
            shown += [f"{each!r} {each.raw!r}" for each in part.reports]
    return " ".join(shown)


def _pickled(told: object) -> bytes:
    if isinstance(told, Status):
        # Its reports are fetched when they are read.
        told = attrs.evolve(told, reports=())
    return pickle.dumps(told)


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(vars(error))
