"""Whatever becomes of a call, nothing that it leaves behind shows a credential."""

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import attrs
import polycast
import pytest
import requests
from polycast import Client, PolycastError, ProviderSettings, Secret, SecretUrl, hookimpl
from polycast.config.settings import build_settings
from polycast.sandbox import host

from tests.faults import tls
from tests.faults.server import LOOPBACK, Peer, Server
from tests.sentinels.accounts import ACCOUNTS, Account, in_url
from tests.sentinels.echoes import ECHOES, answer, echoing, repeated
from tests.sentinels.oracle import Records, assert_hidden, sentinel, shown_by

pytestmark = pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)


@pytest.fixture(autouse=True)
def records() -> Iterator[Records]:
    """What all libraries log at DEBUG; no test leaves a secret in it."""
    with Records() as kept:
        yield kept
    assert_hidden(kept.shown)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of who runs the tests names no proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def judge(account: Account, client: Client) -> list[object]:
    """Make every call, look at all that it shows, and return what came of each."""
    outcomes = []
    for hook, told in account.outcomes(client):
        assert_hidden((f"{hook}, {place}", content) for place, content in shown_by(told))
        outcomes.append(told)
        if isinstance(told, BaseException):
            told.__traceback__ = None
    provider = client.provider
    for thing in (client, provider, provider.settings, provider.api, provider.api.transport):
        assert_hidden(shown_by(thing))
    return outcomes


def test_success(account: Account) -> None:
    """What a server of the provider's accepts shows none: not in receipts, nor on its own pages."""
    with host([account.sandbox()]) as hosted:
        url = in_url(hosted.base_url(account.name)) if account.name != "hyber" else None
        outcomes = judge(account, account.connect(base_url=url or hosted.base_url(account.name)))
        [server] = hosted.sandboxes.values()
        page = requests.get(hosted.url, timeout=60).text
        kept = [("the log of requests", repr(each)) for each in server.requests]
        kept += [("the headers in it", repr({**each.headers})) for each in server.requests]
    assert not isinstance(outcomes[0], BaseException), outcomes[0]
    assert_hidden([("the inbox page", page), *kept, ("the inbox", repr(server.accepted))])


def test_wrong_credentials(account: Account) -> None:
    """What a server refuses for its credentials does not show the wrong ones."""
    with host([account.sandbox()]) as hosted:
        wrong = {name: sentinel(f"wrong-{name}") for name in account.credentials}
        client = account.connect(base_url=hosted.base_url(account.name), **wrong)
        outcomes = judge(account, client)
    assert isinstance(outcomes[0], PolycastError), outcomes[0]


# Servers of raw sockets.


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_an_answer_that_repeats_the_request(account: Account, status: int) -> None:
    """Headers, address and body of a request may come back: no credential stays."""
    check_echo(account, status, "in JSON")


@pytest.mark.parametrize("form", [each for each in ECHOES if each != "in JSON"])
def test_the_forms_of_what_is_repeated(account: Account, form: str) -> None:
    """A credential stays in no form of the echo; one provider's is tried with each status."""
    for status in (200, 400, 401, 500) if account.name == "textit" else (200,):
        check_echo(account, status, form)


def check_echo(account: Account, status: int, form: str) -> None:
    with Server(echoing(status, ECHOES[form])) as server:
        root = f"http://{LOOPBACK}:{server.port}"
        judge(account, account.connect(base_url=in_url(account.base_url(root))))


def test_an_answer_by_a_proxy_that_repeats_its_password(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Proxy-Authorization` that comes back is masked, in Base64 and decoded."""
    for form in ("in JSON", "as text"):
        heads: list[bytes] = []

        def play(peer: Peer, form: str = form, heads: list[bytes] = heads) -> None:
            while request := peer.request():
                heads.append(request.head)
                peer.send(answer(400, ECHOES[form](repeated(request))))

        with Server(play) as proxy:
            url = in_url(f"http://{LOOPBACK}:{proxy.port}", "proxy")
            monkeypatch.setenv("http_proxy", url)
            judge(account, account.connect(base_url=account.base_url("http://far.invalid")))
        assert any(b"Proxy-Authorization" in head for head in heads)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_lost_reply(account: Account, how: str) -> None:
    """A reply that never comes leaves no request behind that shows what it held."""

    def play(peer: Peer) -> None:
        peer.request()
        getattr(peer, how)()

    with Server(play) as server:
        root = f"http://{LOOPBACK}:{server.port}"
        outcomes = judge(account, account.connect(base_url=in_url(account.base_url(root))))
    assert all(isinstance(each, PolycastError) for each in outcomes)


@pytest.mark.parametrize("certificate", ["expired", None])
def test_a_tls_failure(account: Account, certificate: str | None) -> None:
    """A wrong certificate, and a server that speaks plain HTTP."""

    def play(peer: Peer) -> None:
        if certificate is None:
            peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            peer.close()
        else:
            peer.wrap(tls.context(certificate))

    with Server(play) as server:
        root = f"https://{LOOPBACK}:{server.port}"
        outcomes = judge(account, account.connect(base_url=in_url(account.base_url(root))))
    assert all(isinstance(each, PolycastError) for each in outcomes)


@pytest.mark.parametrize("kind", ["407", "nobody", "socks", "garbage"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_failure(
    account: Account, scheme: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that refuses, is not there, is of an unknown kind or speaks another language."""
    words = {"407": "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "garbage": "220 mail\r\n"}

    def play(peer: Peer) -> None:
        if kind == "socks":
            peer.send(b"\x05\xff")  # RFC 1928: no way to log in is acceptable
        else:
            peer.line()
            peer.send(words.get(kind, "").encode())
        peer.close()

    with Server(play) as server:
        port = server.port
        if kind == "nobody":
            with socket.create_server((LOOPBACK, 0)) as nobody:
                port = nobody.getsockname()[1]
        url = in_url(f"{'socks5' if kind == 'socks' else 'http'}://{LOOPBACK}:{port}", "proxy")
        monkeypatch.setenv(f"{scheme}_proxy", url)
        root = in_url(account.base_url(f"{scheme}://far.invalid"))
        outcomes = judge(account, account.connect(base_url=root))
    assert all(isinstance(each, PolycastError) for each in outcomes)


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"timeout": "x"}, {"base_url": "no"}])
def test_bad_settings(account: Account, wrong: dict[str, object]) -> None:
    """A setting that is wrong shows none of the right ones."""
    given = account.settings(**{"base_url": in_url("http://h/x"), **wrong})
    with pytest.raises(PolycastError) as caught:
        polycast.connect(account.name, config=None, **given)
    assert_hidden(shown_by(caught.value))


@pytest.mark.parametrize("url", ["http://h:x", "ftp://h", "http://h?a=b", "http://h:0", "http://"])
def test_a_bad_address(account: Account, url: str) -> None:
    """An address that is refused does not show its password, where it is any setting's."""
    kind: Any = type(account.connect().provider.settings)
    for field in attrs.fields(kind):
        if "SecretUrl" not in str(field.type):
            continue
        for bad in (in_url(url), in_url(url).partition("://")[2]):
            try:
                client = polycast.connect(
                    account.name, config=None, **account.settings(**{field.name: bad})
                )
            except PolycastError as error:
                assert_hidden(shown_by(error))
            else:
                assert_hidden(shown_by(client.provider.settings))
                assert repr(SecretUrl(bad)) in repr(client.provider.settings)


def test_ctrl_c(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a request leaves no frame that holds it."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with host([account.sandbox()]) as hosted:
        client = account.connect(base_url=in_url(hosted.base_url(account.name)))
        for place in ("endheaders", "getresponse"):
            with monkeypatch.context() as patch:
                patch.setattr(http.client.HTTPConnection, place, interrupted)
                outcomes = judge(account, client)
            assert isinstance(outcomes[0], KeyboardInterrupt)


def test_a_plugin_that_raises_what_is_none_of_ours(account: Account) -> None:
    """The words of a foreign exception, what it holds and its causes are masked."""

    class Careless:
        """Around a provider of ours: it talks to the network in its own way."""

        def __init__(self, provider: Any) -> None:
            self.settings = provider.settings
            self.features = provider.features
            self.api = provider.api

        def fail(self) -> Any:
            secret = getattr(self.settings, account.credentials[0])
            request = requests.Request("GET", f"http://h/?t={secret.reveal()}").prepare()
            del secret
            try:
                raise requests.ConnectionError(f"no way to {request.url}", request=request)
            finally:
                del request

        @hookimpl
        def send(self, message: object) -> Any:
            return self.fail()

        @hookimpl
        def status(self, id: str) -> Any:
            try:
                return self.fail()
            except requests.ConnectionError as error:
                raise KeyError("what") from error

        @hookimpl
        def prepare(self, request: object) -> None:
            if type(request).__name__ == "Broadcast":
                self.fail()

        @hookimpl
        def send_bulk(self, broadcast: object) -> Any:
            return None

    client = account.connect()
    careless = Client(account.name, Careless(client.provider))
    for hook, call in account.calls(careless):
        if hook not in ("send", "send_bulk", "status"):
            continue
        with pytest.raises(PolycastError) as caught:
            call()
        assert_hidden((f"{hook}, {place}", text) for place, text in shown_by(caught.value))


def test_settings_that_a_plugin_cannot_make(account: Account) -> None:
    """A plugin whose settings raise what is none of ours leaves no frame with the others."""

    def broken(value: object) -> object:
        raise SystemExit(2)

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        token: Secret
        strange: object = attrs.field(default=1, converter=broken)

    with pytest.raises(SystemExit) as caught:
        build_settings(Settings, "acme", keywords={"token": sentinel(account.name)}, environment={})
    assert_hidden(shown_by(caught.value))


@pytest.mark.parametrize("place", ["body", "query"])
def test_a_pushed_report_that_repeats_a_credential(account: Account, place: str) -> None:
    """What a provider pushes is masked like what it answers, in reports and in errors."""
    client = account.connect(base_url=in_url("http://h/x"))
    for secret in [*account.secrets.values(), sentinel("url")]:
        for body in (
            {"message_id": "7", "extra_id": secret, "status": 2, "clicks": [secret]},
            [{"message_id": secret, "status": secret, "number": secret}, secret, 5],
            {"sms_id": 1, "phone": secret, "status": secret, "error": secret},
            {"uuid": secret, "result": [{"phone": 375291234567, "status": secret}]},
            {secret: secret},
            secret,
        ):
            content = json.dumps(body).encode() if place == "body" else b"{}"
            query = {} if place == "body" else {"a": secret}
            told = account.receive(client, content, query)
            assert_hidden(shown_by(told))
        form = urlencode({"status": secret, "phone": secret}).encode()
        told = account.receive(client, form, {})
        assert_hidden(shown_by(told))
