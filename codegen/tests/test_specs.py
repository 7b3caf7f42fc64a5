"""Small documents as providers write them: each is read as the comment at its head says."""

import importlib.util
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest
from polycast.errors import SettingsError
from polycast.wire import Basic, File, Transport
from polycast_codegen.cli import main

HERE = Path(__file__).parent / "specs"
SPECS = sorted(path for path in HERE.iterdir() if path.name not in ("common.yaml", "sent.xsd"))
SENT = b'{"id": "7"}'


@attrs.frozen
class Asked:
    """A request as a server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@attrs.define
class Provider:
    """A server that notes what it is asked, and answers what it is told to."""

    url: str = ""
    answer: bytes = SENT
    asked: list[Asked] = attrs.field(factory=list)


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    """Return a provider on this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            provider.asked.append(Asked(self.command, self.path, headers, body))
            self.send_response(200)
            self.send_header("Content-Length", str(len(provider.answer)))
            self.end_headers()
            self.wfile.write(provider.answer)

        do_GET = do_POST  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield provider
    http.shutdown()
    thread.join()
    http.server_close()


@attrs.define
class Case:
    """The client of one document, talking to the provider."""

    client: ModuleType
    models: ModuleType
    api: Any
    provider: Provider
    passed: str

    def call(self, *args: object, answer: object = None, **kwargs: object) -> Any:
        """Call the first operation, be answered, and return what it returns."""
        self.provider.answer = SENT if answer is None else json.dumps(answer).encode()
        name = next(
            one for one in vars(self.client.Client) if not one.startswith("_") and one.islower()
        )
        return getattr(self.api, name)(*args, **kwargs)

    def send(
        self, answer: object = None, query: dict[str, Any] | None = None, **fields: Any
    ) -> Any:
        """Send a message with these fields besides its text, and return what comes back."""
        body = self.models.New(to="+1", text="Hi", **fields)
        return self.call(body, answer=answer, **(query or {}))

    @property
    def asked(self) -> Asked:
        """The last request."""
        return self.provider.asked[-1]

    @property
    def sent(self) -> Any:
        """The JSON of the last request."""
        return json.loads(self.asked.body)

    @property
    def source(self) -> str:
        """The generated source, as one text."""
        return "".join(Path(str(one.__file__)).read_text() for one in (self.models, self.client))


@pytest.fixture
def case(
    request: pytest.FixtureRequest,
    server: Provider,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Case]:
    """Return the client of the document whose number the test's name begins with."""
    number = re.match(r"test_([0-9w]+[a-z]?)_", request.node.name)
    assert number is not None
    [path] = HERE.glob(f"{number[1]}_*")
    yield from build(path, server, tmp_path, capsys)


def build(
    path: Path, server: Provider, folder: Path, capsys: pytest.CaptureFixture[str], *flags: str
) -> Iterator[Case]:
    """Generate a client by the command, import it, and connect it to the provider."""
    assert main(["generate", str(path), str(folder / "_client"), *flags]) == 0
    passed = capsys.readouterr().err
    assert main(["check", str(path), str(folder / "_client")]) == 0
    package = f"client_of_{re.sub('[^a-z0-9]', '_', path.stem.lower())}"
    spec = importlib.util.spec_from_file_location(
        package,
        folder / "_client" / "__init__.py",
        submodule_search_locations=[str(folder / "_client")],
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[package] = module
    spec.loader.exec_module(module)
    client, models = sys.modules[f"{package}.client"], sys.modules[f"{package}.models"]
    transport = Transport("mini")
    yield Case(client, models, client.Client(transport, base_url=server.url), server, passed)
    transport.close()
    for name in (package, f"{package}.client", f"{package}.models"):
        del sys.modules[name]


PLAIN = ("00", "01", "05", "06", "07", "09", "11", "12", "13", "14", "36", "50", "55", "56")


@pytest.mark.parametrize("number", PLAIN)
def test_what_a_client_does_without(
    number: str, server: Provider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Foreign words, callbacks, webhooks, links, other servers and the like change nothing."""
    [path] = HERE.glob(f"{number}_*")
    for case in build(path, server, tmp_path, capsys):
        assert case.send().id == "7"
        assert (case.asked.method, case.asked.path) == ("POST", "/messages")
        assert case.asked.headers["content-type"] == "application/json"
        assert case.sent == {"to": "+1", "text": "Hi"}


def test_02_nullable(case: Case) -> None:
    """`nullable` of 3.0 is read as null: of a string, a closed list and a reference."""
    found = case.send({"id": "7", "price": None, "state": None, "from": None})
    assert (found.price, found.state, found.from_) == (None, None, None)
    assert not found.unread


def test_03_nullable_in_3_1(case: Case) -> None:
    """So is one that was left behind in 3.1."""
    assert case.send({"id": "7", "price": None}).price is None


def test_04_swagger(case: Case) -> None:
    """Swagger 2.0 is converted on the way in."""
    assert case.client.Client.SERVERS == {"default": "https://api.mini.example/v1"}
    assert case.send().id == "7"
    assert case.sent == {"to": "+1", "text": "Hi"}
    assert "Swagger 2.0" in case.passed


def test_05_foreign_words_are_told_once(case: Case) -> None:
    """Words of other tools are passed over, and listed at the end."""
    assert case.passed.count("x-codeSamples") == 1
    assert case.passed.count("x-internal") == 1


def test_06_security(case: Case) -> None:
    """`security` of the operations becomes the client's."""
    assert case.client.Client.SECURITY["key"].name == "X-Api-Key"


def test_07_security_that_nobody_asks_for(case: Case) -> None:
    """A security scheme that no operation uses is left out."""
    assert {"basic": Basic()} == case.client.Client.SECURITY


def test_08_no_security(case: Case) -> None:
    """`security: []` is a call without credentials, whatever the account has."""
    case.api.transport.auth = Basic().auth("me", _secret("sesame"))
    assert case.send().id == "7"
    assert "authorization" not in case.asked.headers


def _secret(text: str) -> Any:
    from polycast import Secret

    return Secret(text)


def test_09_oauth2(case: Case) -> None:
    """OAuth 2 with `x-custom` is the plugin's own."""
    assert type(case.client.Client.SECURITY["oauth"]).__name__ == "Custom"


def test_10_no_servers(case: Case) -> None:
    """Without servers the address is a setting of the account."""
    assert case.send().id == "7"
    with pytest.raises(SettingsError, match="base_url"):
        case.client.Client(Transport("mini"))


def test_15_two_media_types(case: Case) -> None:
    """Of JSON and a form, JSON is sent."""
    case.send()
    assert case.sent == {"to": "+1", "text": "Hi"}


def test_16_two_media_types_of_an_answer(case: Case) -> None:
    """Of JSON and XML, JSON is asked for and read."""
    assert case.send().id == "7"
    assert case.asked.headers["accept"] == "application/json"


def test_17_any_media_type(case: Case) -> None:
    """`*/*` is read as JSON."""
    assert case.send().id == "7"


def test_18_no_operation_id(case: Case) -> None:
    """A name is made of method and path."""
    assert case.api.get_messages_id("a b").id == "7"
    assert case.asked.path == "/messages/a%20b"


def test_19_discriminator(case: Case) -> None:
    """Alternatives are written as what they are, and read by what `discriminator` names."""
    m = case.models
    case.send(message=m.Viber(channel="viber", image="i"))
    assert case.sent["message"] == {"channel": "viber", "image": "i"}
    read = m.CONVERTERS["json"].structure(case.sent, m.New)
    assert read.message == m.Viber(channel="viber", image="i")


def test_20_one_of_objects(case: Case) -> None:
    """Alternatives without a discriminator are told apart by what they require."""
    m = case.models
    for target in (m.A(email="e"), m.B(phone="p")):
        case.send(target=target)
        assert m.CONVERTERS["json"].structure(case.sent, m.New).target == target


def test_21_strings_of_two_kinds(case: Case) -> None:
    """A closed list or any string is a string."""
    case.send(who="anybody")
    assert case.sent["who"] == "anybody"


def test_22_type_beside_one_of(case: Case) -> None:
    """A redundant `type` beside alternatives is passed over."""
    case.send(target=None)
    assert case.sent["target"] is None
    case.send(target=case.models.A(email="e"))
    assert case.sent["target"] == {"email": "e"}


def test_23_alternative_answers(case: Case) -> None:
    """An answer may be an object or a list of them."""
    assert case.send().id == "7"
    assert [one.id for one in case.send([{"id": "1"}, {"id": "2"}])] == ["1", "2"]


def test_24_answer_of_anything(case: Case) -> None:
    """An empty schema is whatever comes."""
    assert case.send({"any": [1]}) == {"any": [1]}


def test_25_answer_without_schema(case: Case) -> None:
    """So is a media type without one."""
    assert case.send([1]) == [1]


def test_26_unknown_format(case: Case) -> None:
    """An unknown format stays in the docstring."""
    case.send(sender="Mini")
    assert case.sent["sender"] == "Mini"
    assert "Format: `phone`" in case.models.New.__doc__


def test_27_number_format(case: Case) -> None:
    """A decimal number stays a number."""
    assert case.send({"id": "7", "price": 0.5}).price == 0.5


def test_28_list_in_the_query(case: Case) -> None:
    """A list is repeated in the query."""
    case.send(query={"id": ["a", "b&c"]})
    assert case.asked.path == "/messages?id=a&id=b%26c"


def test_29_nullable_parameter(case: Case) -> None:
    """A parameter that may be null may be left out."""
    case.send()
    assert case.asked.path == "/messages"
    case.send(query={"cursor": "c"})
    assert case.asked.path == "/messages?cursor=c"


def test_30_list_with_commas(case: Case) -> None:
    """A list that does not explode is joined by commas, which stand as they are."""
    case.send(query={"id": ["a", "b,c"]})
    assert case.asked.path == "/messages?id=a,b%2Cc"


def test_31_headers_that_are_no_parameters(case: Case) -> None:
    """`Authorization` and `Accept` are not asked of the caller."""
    case.send()
    assert case.asked.headers["accept"] == "application/json"
    assert "the header Authorization" in case.passed


def test_32_pairs_of_parameters(case: Case) -> None:
    """Names that differ in a sign are three names."""
    case.send(query={"start_time": "1", "start_time_lt": "2", "start_time_gt": "3"})
    assert case.asked.path == "/messages?StartTime=1&StartTime%3C=2&StartTime%3E=3"


def test_33_mixed_enums(case: Case) -> None:
    """A closed list that Python has no type for is the plain type."""
    case.send(flash=1, kind=True)
    assert (case.sent["flash"], case.sent["kind"]) == (1, True)


def test_34_enum_with_format(case: Case) -> None:
    """A format beside a closed list is passed over."""
    case.send(kind="a")
    assert case.sent["kind"] == "a"


def test_35_array_without_items(case: Case) -> None:
    """A list of anything."""
    assert case.send({"id": "7", "errors": [1, {"a": None}]}).errors == [1, {"a": None}]


def test_37_alias(case: Case) -> None:
    """A component that is only a reference is followed."""
    assert case.send({"id": "7", "more": {"to": "1", "text": "t"}}).more.to == "1"


def test_38_beside_a_reference(case: Case) -> None:
    """What describes a reference stands beside it."""
    assert case.send({"id": "7", "first": {"to": "1", "text": "t"}}).first.to == "1"


def test_39_shared_answer(case: Case) -> None:
    """An answer that two operations share is one class."""
    assert type(case.api.get_a()) is type(case.api.get_b())


def test_40_a_title_twice(case: Case) -> None:
    """Two objects of one title are two classes."""
    found = case.send({"id": "7", "a": {"x": "1"}, "b": {"y": "2"}})
    assert (found.a.x, found.b.y) == ("1", "2")


def test_40b_an_inline_object_named_as_a_component(case: Case) -> None:
    """The component keeps its name, and the other has one of its own."""
    case.provider.answer = b'{"settings": {"a": "1"}}'
    assert case.api.get_a().settings.a == "1"
    case.provider.answer = b'{"b": "2"}'
    assert type(case.api.get_b()) is case.models.TenantSettings


def test_41_a_property_said_again(case: Case) -> None:
    """A property that is said again is one property."""
    assert case.send({"id": "7", "more": {"state": "s"}}).more.state == "s"


@pytest.mark.parametrize("number", ["41b", "41c"])
def test_properties_beside_all_of(
    number: str, server: Provider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Properties beside `allOf` are merged with its own."""
    [path] = HERE.glob(f"{number}_*")
    for case in build(path, server, tmp_path, capsys):
        more = case.send({"id": "7", "more": {"state": "s", "code": "c"}}).more
        assert (more.state, more.code) == ("s", "c")


def test_42_all_of_with_one_of(case: Case) -> None:
    """An object merged with alternatives has what they all say."""
    more = case.models.New.__annotations__["more"].__args__[0]
    case.send(more=more(state="s", a="1"))
    assert case.sent["more"] == {"state": "s", "a": "1"}


def test_43_unevaluated_properties(case: Case) -> None:
    """They are passed over."""
    options = case.models.New.__annotations__["opts"].__args__[0]
    case.send(opts=options(a="1"))
    assert case.sent["opts"] == {"a": "1"}


def test_44_a_date_in_an_example(case: Case) -> None:
    """Examples are not read."""
    assert case.send({"id": "7", "at": "now"}).at == "now"


def test_45_binary_in_json(case: Case) -> None:
    """Bytes in JSON are text."""
    case.send(attachment="aGk=")
    assert case.sent["attachment"] == "aGk="


def test_46_upload(case: Case) -> None:
    """A string with a media type in a multipart body is a file."""
    case.call(case.models.SendMessageBody(file=File("a.txt", b"hi")))
    assert b'name="file"; filename="a.txt"' in case.asked.body


def test_47_another_file(case: Case) -> None:
    """A reference into a file beside the spec is followed; the copy is in one piece."""
    assert case.send({"id": "7", "more": {"to": "1"}}).more.to == "1"
    copy = Path(str(case.client.__file__)).with_name(case.client.Client.SPEC).read_text()
    assert "common.yaml" not in copy


def test_48_only_default(case: Case) -> None:
    """Where no success is described, `default` is the answer."""
    assert case.send().id == "7"


def test_49_an_object_in_a_form(case: Case) -> None:
    """An object in a form is JSON text."""
    case.send(options=case.models.NewOptions(a="1"))
    assert case.asked.body == b"to=%2B1&text=Hi&options=%7B%22a%22%3A%221%22%7D"


def test_51_no_address(case: Case) -> None:
    """A list without items inside alternatives is read, too."""
    assert "0x" not in case.source


def test_52_no_responses(case: Case) -> None:
    """An operation without answers is called, and nobody reads the answer."""
    assert case.api.get_a() is None
    assert "pydantic" not in case.passed
    assert "no successful answer" in case.passed


def test_53_only_some(server: Provider, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--only` takes what is named; the header keeps it, so that `check` needs no flags."""
    [path] = HERE.glob("53_*")
    for case in build(path, server, tmp_path, capsys, "--only", "send_message"):
        assert not hasattr(case.api, "audit")
        assert 'Only: ["send_message"]' in case.source
        assert "audit" not in (tmp_path / "_client" / case.client.Client.SPEC).read_text()


def test_54_slashes(case: Case) -> None:
    """Slashes of an operation id part its words."""
    assert callable(case.api.messages_send)


def test_59_emoji(case: Case) -> None:
    """A document in JSON is read as JSON, surrogate pairs and all."""
    case.call(case.models.SendMessageBody(to="+1", text="\N{GRINNING FACE}"))
    assert case.sent["text"] == "\N{GRINNING FACE}"


def test_60_odd_parameters(case: Case, tmp_path: Path) -> None:
    """An object in the query is its properties, one in JSON its text; a file has any name."""
    case.api.list_messages(
        "1", "2", terms="a", filter_state=["x", "y"], filter_sent_after=date(2026, 1, 2), by="z",
        x_metadata='{"title": 7}',
    )  # fmt: skip
    query = parse_qs(urlsplit(case.asked.path).query)
    assert query == {
        "filter[state]": ["x", "y"],
        "filter[sent][after]": ["2026-01-02"],
        "by": ["z"],
        "terms": ["a"],
    }
    assert case.asked.headers["x-metadata"] == '{"title": 7}'
    case.api.send_message("Hello", key="7")
    assert (case.asked.path, case.asked.body) == ("/services?method=send&key=7", b'"Hello"')
    assert case.asked.headers["content-type"] == "application/json; odata=none"
    case.api.send_page("<p>Hello")
    assert case.asked.headers["content-type"] == "text/html; charset=utf-8"
    [path] = HERE.glob("60_*")
    asked = ["generate", str(path), str(tmp_path / "one"), "--only", "GET /messages/{lat},{lon}"]
    assert main(asked) == 0
    assert main(["check", str(path), str(tmp_path / "one")]) == 0
    assert main(["generate", str(path), str(tmp_path / "one"), "--again"]) == 0
    assert "def send_page" not in (tmp_path / "one" / "client.py").read_text()


@pytest.mark.parametrize("number", ["57", "58", "58b"])
def test_answers_for_sandboxes(
    number: str, server: Provider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the scaffold and the sandbox once died of is a client like any."""
    [path] = HERE.glob(f"{number}_*")
    for case in build(path, server, tmp_path, capsys):
        case.call(case.models.SendMessageBody(to="+1"))
        assert case.sent == {"to": "+1"}


@pytest.mark.parametrize("number", ["w0", "w1", "w2", "w4", "w5"])
def test_wadl(
    number: str, server: Provider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """WADL as tools write it: schema locations, includes, params without type, namespaces."""
    [path] = HERE.glob(f"{number}_*")
    for case in build(path, server, tmp_path, capsys):
        name = b"s:Sent" if number == "w5" else b"Sent"
        inner = b"s:id" if number == "w5" else b"id"
        status = b"<status>ok</status>" if number == "w2" else b""
        case.provider.answer = b'<%b xmlns:s="urn:sent"><%b>7</%b>%b</%b>' % (
            name,
            inner,
            inner,
            status,
            name,
        )
        assert case.api.send(to="+1").id == "7"
        assert case.asked.path == "/send?to=%2B1"


def test_w3_param_default(case: Case) -> None:
    """A default of a param is documentation: it is never sent."""
    case.provider.answer = b"<Sent><id>7</id></Sent>"
    assert case.api.send().id == "7"
    assert case.asked.path == "/send"
    assert "taken as `sms`" in case.source


def test_every_client_is_strictly_typed(tmp_path: Path) -> None:
    """All of them pass a type checker at its strictest."""
    for path in SPECS:
        name = "client_" + re.sub("[^a-z0-9]", "_", path.stem.lower())
        assert main(["generate", str(path), str(tmp_path / name)]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / ".cache"), "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
