"""No secret is in what frames of ours hold when an error passes through them."""

import http.client
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import attrs
import polycast
import pytest
from polycast import ProviderSettings, Secret, wire
from polycast.config.profiles import read_profiles
from polycast.config.routes import read_routes
from polycast.config.settings import build_settings
from polycast.errors import PolycastError, SettingsError
from rich.pretty import pretty_repr

from .conftest import Api, ScriptedServer

SENTINEL = "sentinel/+ 42&="
OURS = str(Path(polycast.__file__).parent)


def shown(error: BaseException | None) -> str:
    """What tools show of the frames of an error and of those that it came from, ours only."""
    texts = []
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename.startswith(OURS):
                texts += [pretty_repr(frame.f_locals), repr(frame.f_locals)]
        texts.append(repr(error))
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def assert_hidden(error: BaseException) -> None:
    text = shown(error)
    assert text
    for form in (SENTINEL, quote(SENTINEL), quote(SENTINEL, safe=""), "sentinel"):
        assert form not in text


@attrs.frozen(kw_only=True)
class Account(ProviderSettings):
    """An account with a credential."""

    token: Secret
    number: int = 0


class TestSettings:
    @pytest.mark.parametrize("wrong", [{"colour": "red"}, {"number": "x"}, {"timeout": -1}])
    def test_that_do_not_fit(self, wrong: dict[str, object]) -> None:
        """
        A setting that is wrong shows none of the right ones, nor the environment.
        """
        with pytest.raises(SettingsError) as caught:
            build_settings(
                Account,
                "acme",
                keywords={"token": SENTINEL, "base_url": f"http://u:{SENTINEL}@h", **wrong},
                environment={**os.environ, "POLYCAST_ACME_TOKEN": SENTINEL, "OTHER": SENTINEL},
            )

        assert_hidden(caught.value)

    def test_of_a_profile_that_is_none(self, tmp_path: Path) -> None:
        """
        A file that is wrong in one place shows no secret of another.
        """
        path = tmp_path / "polycast.toml"
        for read, wrong in (
            (read_profiles, "[profiles.b]\nprovider = 7\n"),
            (read_routes, "[routes.b]\nfailover = 7\n"),
        ):
            path.write_text(f'[profiles.a]\ntoken = "{SENTINEL}"\n{wrong}')

            with pytest.raises(SettingsError) as caught:
                read(path)

            assert_hidden(caught.value)

    @pytest.mark.parametrize("url", ["http://u:{}@h:x", "ftp://u:{}@h", "http://u:{}@h?a=b"])
    def test_of_an_address_that_is_none(self, url: str) -> None:
        """
        An address that is refused does not show its password.
        """
        password = quote(SENTINEL, safe="")
        with pytest.raises(SettingsError) as caught:
            Api(wire.Transport("acme"), base_url=url.format(password))

        assert_hidden(caught.value)

    def test_that_are_shown_as_a_dict(self) -> None:
        """
        `attrs.asdict` of settings shows no password of an address.
        """
        settings = Account(token=Secret(SENTINEL), base_url=f"http://u:{quote(SENTINEL)}@h")

        assert "sentinel" not in pretty_repr(attrs.asdict(settings)) + repr(attrs.asdict(settings))


def secret_auths() -> list[wire.Auth]:
    return [
        wire.HeaderKey("Authorization", "Token ").auth(Secret(SENTINEL)),
        wire.QueryKey("token").auth(Secret(SENTINEL)),
        wire.BodyKey("token").auth(Secret(SENTINEL)),
        wire.Basic().auth("peter", Secret(SENTINEL)),
    ]


@pytest.mark.parametrize("auth", secret_auths(), ids=["header", "query", "body", "basic"])
class TestCalls:
    def test_that_ctrl_c_interrupts(
        self,
        auth: wire.Auth,
        make_api: Callable[..., Api],
        server: ScriptedServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """
        Ctrl-C in the middle of a request leaves no frame that holds its headers or its URL.
        """
        url = server.url.replace("http://", f"http://peter:{quote(SENTINEL, safe='')}@")
        api = make_api(url, auth=auth)

        def interrupted(self: object, *_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(http.client.HTTPConnection, "endheaders", interrupted)
        with pytest.raises(KeyboardInterrupt) as caught:
            api.create({"text": "hello"})

        assert_hidden(caught.value)
        monkeypatch.undo()
        server.json(201, {"id": 1})
        assert api.create({"text": "hello"}) == {"id": 1}

    @pytest.mark.parametrize("fault", ["lose", "reset"])
    def test_that_are_lost(
        self, auth: wire.Auth, make_api: Callable[..., Api], server: ScriptedServer, fault: str
    ) -> None:
        """
        A lost reply leaves no frame that holds the headers or the URL.
        """
        getattr(server, fault)()

        with pytest.raises(PolycastError) as caught:
            make_api(auth=auth).create({"text": "hello"})

        assert_hidden(caught.value)

    def test_that_cannot_be_sent(self, auth: wire.Auth, make_api: Callable[..., Api]) -> None:
        """
        A call that is refused before it leaves does not show its credentials.
        """
        with pytest.raises(PolycastError) as caught:
            make_api(auth=auth).create({1, 2})

        assert_hidden(caught.value)


@pytest.mark.parametrize("token", [SENTINEL + "\n", SENTINEL + "ключ"])
def test_a_header_that_cannot_carry_a_secret_does_not_show_it(token: str) -> None:
    """
    Credentials that are refused are not in the frames of their refusal.
    """
    secret = Secret(token)
    with pytest.raises(SettingsError) as caught:
        wire.HeaderKey("Authorization").auth(secret)

    assert_hidden(caught.value)


def test_a_connection_that_fails_shows_no_keyword(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    `connect` with a wrong keyword leaves no frame that holds the right ones.
    """
    with pytest.raises(PolycastError) as caught:
        polycast.connect("textit", config=None, token=SENTINEL, colour="red")

    assert_hidden(caught.value)
