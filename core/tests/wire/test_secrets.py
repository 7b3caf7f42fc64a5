"""No secret is shown: not in errors, causes, logs, representations or pickles."""

import base64
import html
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from polycast import Secret, wire
from polycast.errors import PolycastError, SettingsError
from polycast.masking.secret import SecretUrl

from .conftest import Api, ScriptedServer

SENTINEL = "sëntinel/+ 42&="
PLAIN = "sentinel-token-42"


def everything_shown(error: BaseException) -> Iterator[str]:
    """Every text in which an error could be shown, recorded or sent on."""
    yield str(error)
    yield repr(error)
    # The first frame is the test's own, which holds the secret.
    assert error.__traceback__ is not None
    frames = error.__traceback__.tb_next
    shown = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    yield "".join(shown.format())
    link: BaseException | None = error
    while link is not None:
        yield f"{link!r} {vars(link)!r} {link.args!r}"
        assert link.__context__ is link.__cause__ or link.__context__ is None
        link = link.__cause__
    yield pickle.dumps(error).decode("latin-1")


def forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(secret.encode()).decode()


FAULTS: dict[str, Callable[[ScriptedServer, str], None]] = {
    "lost": lambda server, _: server.lose(),
    "reset": lambda server, _: server.reset(),
    "refused with an echo": lambda server, secret: server.answer(400, secret.encode()),
    "refused with an echo in JSON": lambda server, secret: server.json(401, {"token": secret}),
    "redirected with an echo": lambda server, secret: server.answer(
        302, b"", "Location: https://x.example/?t=" + quote(secret)
    ),
    "html with an echo": lambda server, secret: server.answer(
        200, f"<html><title>{secret}</title>".encode()
    ),
    "cut off": lambda server, _: server.raw_then_close(
        b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"id"'
    ),
    "not HTTP": lambda server, secret: server.raw_then_close(secret.encode() + b"\r\n\r\n"),
}


class Signing(wire.NoAuth):
    """Supplies a secret for the path that nobody knew beforehand, as a signature is."""

    def supply(self, call: wire.Call, names: tuple[str, ...]) -> dict[str, str]:
        return dict.fromkeys(names, SENTINEL)


def api_with_secret_in(place: str, make_api: Callable[..., Api], server: ScriptedServer) -> Api:
    retry = wire.Retry(attempts=2)
    match place:
        case "header":
            auth = wire.HeaderKey("Authorization", "Token ").auth(Secret(PLAIN))
        case "query":
            auth = wire.QueryKey("token").auth(Secret(SENTINEL))
        case "form" | "JSON":
            auth = wire.BodyKey("token").auth(Secret(SENTINEL))
        case "basic":
            auth = wire.Basic().auth("peter", Secret(SENTINEL))
        case "path":
            auth = Signing()
        case _:
            login = f"http://peter:{quote(SENTINEL, safe='')}@"
            return make_api(server.url.replace("http://", login), retry=retry)
    return make_api(auth=auth, retry=retry)


PLACES: dict[str, Callable[[Api], object]] = {
    "header": lambda api: api.create({"text": "hello"}),
    "query": lambda api: api.create({"text": "hello"}),
    "form": lambda api: api.submit({"text": "hello"}),
    "JSON": lambda api: api.create({"text": "hello"}),
    "basic": lambda api: api.create({"text": "hello"}),
    "path": lambda api: api.pause("1"),
    "url": lambda api: api.create({"text": "hello"}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", PLACES)
def test_no_failure_shows_a_secret(
    make_api: Callable[..., Api],
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    fault: str,
    place: str,
) -> None:
    """
    Wherever the secret travels and whatever fails, no text, log, cause or pickle holds it.
    """
    secret = PLAIN if place == "header" else SENTINEL
    carried = base64.b64encode(f"peter:{secret}".encode()).decode()
    api = api_with_secret_in(place, make_api, server)
    for _ in range(2):
        FAULTS[fault](server, secret)
    caplog.set_level(logging.DEBUG)

    with pytest.raises(PolycastError) as caught:
        PLACES[place](api)

    sent = b"".join(server.requests).decode()
    shown = [*everything_shown(caught.value), caplog.text, repr(api), repr(api.transport)]
    assert any(form in sent for form in (*forms(secret), carried)), "the secret did not travel"
    for form in (*forms(secret), carried):
        assert not [text for text in shown if form in text]


@pytest.mark.parametrize("place", PLACES)
def test_success_logs_no_secret(
    make_api: Callable[..., Api],
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    place: str,
) -> None:
    """
    The HTTP library's own DEBUG log, which holds every path, shows the request masked.
    """
    api = api_with_secret_in(place, make_api, server)
    server.json(200, {})
    caplog.set_level(logging.DEBUG)

    PLACES[place](api)

    assert "urllib3.connectionpool" in caplog.text
    for form in (*forms(SENTINEL), *forms(PLAIN)):
        assert form not in caplog.text


@given(st.text(min_size=1, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_a_redactor_leaves_no_form_of_a_secret(secret: str, before: str, after: str) -> None:
    """
    A secret is masked as it is, escaped for a URL, and in Base64.
    """
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    redactor = wire.Redactor([secret])

    for form in forms(secret):
        masked = redactor.text(f"{before}{form}{after}")
        assert form not in masked.replace("***", "") or form in before + after


def test_a_redactor_masks_inside_structures() -> None:
    """
    What a provider echoes is masked at any depth, keys included.
    """
    echoed = {"errors": [{"token=abc-123": ("abc-123", 4, None)}]}

    assert wire.Redactor(["abc-123"]).value(echoed) == {"errors": [{"token=***": ("***", 4, None)}]}


def test_the_longer_of_two_secrets_leaves_no_tail() -> None:
    """
    When one secret begins another, all of the longer one is masked.
    """
    assert wire.Redactor(["abc", "abcdef"]).text("abcdef") == "***"


QUOTED = 'se"nt\\inel/+ 42&<ключ>\n'


def wrapped(secret: str) -> Iterator[str]:
    """What echoes make of a secret that they wrap more than once."""
    once = list(forms(secret))
    yield from once
    for form in once:
        yield from forms(form)
        yield json.dumps(json.dumps(json.dumps({"token": form})))
    yield html.escape(json.dumps(secret))
    yield html.escape(html.escape(secret))
    yield json.dumps(secret).replace("/", "\\/")
    yield "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in secret)
    yield quote(json.dumps(secret)).lower()


@pytest.mark.parametrize("form", list(wrapped(QUOTED)))
def test_an_echo_that_is_wrapped_up_again_is_masked(form: str) -> None:
    """
    JSON in JSON, a URL in a page, a page in a page: no letters of the secret are left but those
    of an encoding of the encoded.
    """
    shown = wire.Redactor([QUOTED]).text(form)

    assert "ключ" not in shown
    assert "inel" not in shown


class TestAnswersThatSucceed:
    @pytest.mark.parametrize("secret", [PLAIN, SENTINEL, QUOTED, "1234567"])
    @pytest.mark.parametrize("escaped", [True, False])
    def test_an_echo_is_masked_before_it_is_decoded(
        self, make_api: Callable[..., Api], server: ScriptedServer, secret: str, escaped: bool
    ) -> None:
        """
        A secret that a successful answer echoes, at any depth, is masked in what is decoded.
        """
        told = {"id": 1, "text": f"<{secret}>", "more": [{secret: secret}, json.dumps(secret)]}
        server.answer(201, json.dumps(told, ensure_ascii=escaped).encode())
        api = make_api(auth=wire.QueryKey("token").auth(Secret(secret)))

        answer = api.create({})

        assert answer == {"id": 1, "text": "<***>", "more": [{"***": "***"}, '"***"']}

    def test_an_answer_without_it_is_as_it_was(
        self, make_api: Callable[..., Api], server: ScriptedServer
    ) -> None:
        """
        A short password that occurs in ids and dates by chance garbles none of them.
        """
        told = {"id": "2024-1", "created_on": "2024-01-01", "text": "test", "test": "1"}
        for password in ("1", "2024", "test", "id"):
            server.json(201, told)
            api = make_api(auth=wire.Basic().auth("peter", Secret(password)))
            assert api.create({}) == told

    def test_the_login_of_an_address_is_masked(
        self, make_api: Callable[..., Api], server: ScriptedServer
    ) -> None:
        """
        The pair of a base URL and of a proxy, and its Base64, are secrets as well.
        """
        server.json(201, {"headers": {"Authorization": "Basic cGV0ZXI6cEBzcy13b3Jk"}})
        api = make_api(server.url.replace("http://", "http://peter:p%40ss-word@"))

        assert api.create({}) == {"headers": {"Authorization": "Basic ***"}}
        assert b"Authorization: Basic cGV0ZXI6cEBzcy13b3Jk" in server.requests[0]


def test_an_error_is_no_dump_of_a_whole_answer(
    make_api: Callable[..., Api], server: ScriptedServer
) -> None:
    """
    Words and `raw` of an error are bounded, whatever a provider sends.
    """
    server.json(400, {"detail": "no " * 5_000_000})

    def judge(answer: wire.Answer) -> PolycastError | None:
        return wire.judge_by_status(answer, answer.json["detail"])

    with pytest.raises(PolycastError) as caught:
        make_api(judge=judge).create({})

    assert len(str(caught.value)) < 3_000
    assert len(pickle.dumps(caught.value)) < 110_000


class TestSecret:
    def test_it_prints_nothing(self) -> None:
        """
        However a secret is turned into text, the text is a mask.
        """
        secret = Secret(SENTINEL)

        for text in (str(secret), repr(secret), f"{secret}", f"{secret:>50}", "%s" % secret):  # noqa: UP031
            assert "ntinel" not in text

    def test_it_does_not_pickle(self) -> None:
        """
        A secret cannot slip into a queue or a cache.
        """
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(Secret(SENTINEL))

    def test_it_reveals_itself_when_asked(self) -> None:
        """
        `reveal` returns the credential; equality and truth speak of it.
        """
        assert Secret(SENTINEL).reveal() == SENTINEL
        assert Secret("a") == Secret("a")
        assert Secret("a") != Secret("b")
        assert not Secret("")


@pytest.mark.parametrize("token", ["", "abc-42 b\n", " abc-42", "abc-42\r\nX-Evil: 1", "ключ"])
def test_a_header_secret_that_cannot_travel_is_refused_unseen(token: str) -> None:
    """
    A token with a line break is refused in a sentence that does not repeat it.
    """
    with pytest.raises(SettingsError, match="Authorization") as caught:
        wire.HeaderKey("Authorization").auth(Secret(token))

    assert not token or token.strip()[:6] not in str(caught.value)


def test_basic_credentials_outside_ascii_travel_as_utf_8() -> None:
    """
    A Cyrillic login and password are encoded as RFC 7617 asks.
    """
    request = requests.PreparedRequest()
    request.headers = requests.structures.CaseInsensitiveDict()

    wire.Basic().auth("логін", Secret("пароль")).apply(request)

    expected = base64.b64encode("логін:пароль".encode()).decode()
    assert f"Basic {expected}" == request.headers["Authorization"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://peter:secret@acme.example:8443/x", "'https://***@acme.example:8443/x'"),
        ("https://acme.example/x?token=secret&a=1", "'https://acme.example/x?token=***&a=***'"),
        ("https://[broken", "'***'"),
    ],
)
def test_a_url_is_shown_without_its_credentials(url: str, shown: str) -> None:
    """
    Of a URL in settings, the login, password and query values are masked.
    """
    assert repr(SecretUrl(url)) == shown
    assert SecretUrl(url).reveal() == url


def test_a_redactor_masks_what_is_too_deep_to_look_into() -> None:
    """
    JSON deeper than Python's stack, as newer Pythons read it, ends in a mask and not in an error.
    """
    deep: object = "abc-123"
    for _ in range(100_000):
        deep = [deep]

    shown = wire.Redactor(["abc-123"]).value({"id": 7, "deep": deep})

    assert shown["id"] == 7
    assert "abc-123" not in repr(shown)


def test_words_that_are_cut_keep_no_half_of_a_secret(
    make_api: Callable[..., Api], server: ScriptedServer
) -> None:
    """
    Wherever an echo is cut to fit into an error, it was masked before.
    """
    for before in range(270, 305, 3):
        server.answer(400, b"x" * before + PLAIN.encode() + b" and more" * 20)
        with pytest.raises(PolycastError) as caught:
            make_api(auth=wire.QueryKey("token").auth(Secret(PLAIN))).create({})
        assert "sent" not in str(caught.value)
