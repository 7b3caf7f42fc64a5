"""The rules for messages and recipients: the same for send, send_bulk and campaigns."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from polycast import (
    Broadcast,
    BrokenProvider,
    BulkReceipt,
    CallbackRequest,
    Client,
    Features,
    Message,
    Personalisation,
    ProviderSettings,
    Receipt,
    Recipient,
    State,
    Unsupported,
    UsageError,
    connect,
    count_segments,
    hookimpl,
    read_recipients,
)
from polycast.campaign import Ledger
from polycast.client import caller_of
from polycast.recipients import BadRows, Problem
from polycast.sending.planning import plan
from polycast.testing import at
from polycast.testing.gateway import InMemoryGateway
from polycast.testing.memory import Memory

OLENA, PAUL, MARY = "+380961234501", "+380961234502", "+380961234503"


@pytest.fixture
def gateway() -> InMemoryGateway:
    return InMemoryGateway()


@pytest.fixture
def client(gateway: InMemoryGateway) -> Client:
    return Client("memory", Memory(gateway=gateway))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


#: Sends a broadcast, in one of the ways that there are for a list.
Way = Callable[[Client, Ledger, Broadcast], object]

WAYS: dict[str, Way] = {
    "send_bulk": lambda client, ledger, broadcast: client.send_bulk(broadcast),
    "campaign": lambda client, ledger, broadcast: ledger.plan(client, broadcast).run(client),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def sent(gateway: InMemoryGateway) -> list[tuple[str, str | None]]:
    return [(each.to, each.text) for each in gateway.messages]


class TestDuplicates:
    def test_the_same_text_goes_to_an_address_once(
        self, client: Client, ledger: Ledger, gateway: InMemoryGateway, way: Way
    ) -> None:
        """Of the same text to the same address one is sent; another text to it is sent as well."""
        people = [
            Recipient(OLENA, {"name": "Olena"}),
            Recipient(PAUL, {"name": "Paul"}),
            Recipient(OLENA, {"name": "Olena"}, reference="again"),
            Recipient(OLENA, {"name": "O."}),
        ]

        way(client, ledger, Broadcast(text="Dear {name}!", recipients=people))

        assert sorted(sent(gateway)) == [
            (OLENA, "Dear O.!"),
            (OLENA, "Dear Olena!"),
            (PAUL, "Dear Paul!"),
        ]

    def test_a_number_is_one_person_with_tel_before_it(
        self, client: Client, ledger: Ledger, gateway: InMemoryGateway, way: Way
    ) -> None:
        """The scheme of a number, and the plus sign behind it, may be left out."""
        spelt = [OLENA, f"tel:{OLENA}", f"tel:{OLENA[1:]}"]
        way(client, ledger, Broadcast(text="Hi", recipients=spelt))
        assert len(sent(gateway)) == 1

    def test_the_receipt_of_a_duplicate_says_so(self, client: Client) -> None:
        """Every recipient has a receipt in its place; a duplicate's says why it was left out."""
        receipt = client.send_bulk(Broadcast(text="Hi", recipients=[OLENA, PAUL, OLENA]))

        assert [each.state for each in receipt.receipts] == [
            State.QUEUED,
            State.QUEUED,
            State.CANCELLED,
        ]
        assert receipt.receipts[2].to == OLENA
        assert receipt.receipts[2].detail == (
            "not sent: the same text goes to the same address already"
        )
        assert receipt.state is State.QUEUED

    def test_options_with_other_variables_are_no_duplicate(self, client: Client) -> None:
        """Where the options say what is said, recipients with other variables get another text."""
        people = [Recipient(OLENA, {"name": name}) for name in ("Olena", "O.", "Olena")]

        planned = plan(caller_of(client), Broadcast(options=object(), recipients=people))

        assert list(planned.left_out) == [2]


class TestVariables:
    @pytest.mark.parametrize("value", ["", "  ", None])
    def test_an_empty_or_missing_variable_is_refused(
        self, client: Client, ledger: Ledger, gateway: InMemoryGateway, way: Way, value: str | None
    ) -> None:
        """Nobody gets "Dear !": the error names the recipient and the empty variable."""
        variables = {} if value is None else {"name": value}
        people = [Recipient(OLENA, {"name": "Olena"}), Recipient(PAUL, variables)]

        with pytest.raises(UsageError, match=rf"Recipient 2, \{PAUL}: .*{{name}}"):
            way(client, ledger, Broadcast(text="Dear {name}!", recipients=people))

        assert sent(gateway) == []

    def test_a_list_from_a_file_is_refused_by_the_row(
        self, client: Client, ledger: Ledger, gateway: InMemoryGateway, way: Way, tmp_path: Path
    ) -> None:
        """A row with nothing in a variable is refused, whatever the list is sent by."""
        (file := tmp_path / "guests.csv").write_text(f"to,name\n{OLENA},Olena\n{PAUL},\n")

        with pytest.raises(UsageError, match=rf"{PAUL[1:]}: it has nothing in {{name}}"):
            way(client, ledger, Broadcast(text="Dear {name}!", recipients=read_recipients(file)))

        assert sent(gateway) == []

    def test_empty_values_are_taken_where_that_is_asked_for(
        self, client: Client, ledger: Ledger, gateway: InMemoryGateway, way: Way
    ) -> None:
        """`allow_empty` takes an empty value for what it is."""
        person = Recipient(OLENA, {"title": "", "name": "Olena"})

        way(
            client,
            ledger,
            Broadcast(text="Dear {title}{name}!", recipients=[person], allow_empty=True),
        )

        assert sent(gateway) == [(OLENA, "Dear Olena!")]


class TestMoments:
    @pytest.mark.parametrize("ago", [timedelta(minutes=2), timedelta(days=2_000)])
    def test_a_moment_in_the_past_is_refused(
        self, client: Client, ledger: Ledger, gateway: InMemoryGateway, way: Way, ago: timedelta
    ) -> None:
        """Nothing is sent at once because its moment has passed, by whatever it is sent."""
        past = datetime.now(UTC) - ago

        with pytest.raises(UsageError, match="has passed"):
            way(client, ledger, Broadcast(text="Hi", recipients=[OLENA], send_at=past))
        with pytest.raises(UsageError, match="has passed"):
            client.send(Message(OLENA, text="Hi", send_at=past))

        assert sent(gateway) == []

    def test_clocks_may_differ_a_little(self, client: Client, gateway: InMemoryGateway) -> None:
        """A moment that has just passed is as good as the present one."""
        client.send(Message(OLENA, text="Hi", send_at=datetime.now(UTC) - timedelta(seconds=5)))

        assert sent(gateway) == [(OLENA, "Hi")]

    def test_they_may_differ_by_a_minute_and_no_more(
        self, client: Client, gateway: InMemoryGateway
    ) -> None:
        """`send_at` may be a minute in the past: a second more is a mistake."""
        noon = datetime(2030, 1, 1, 12, tzinfo=UTC)

        with at(noon):
            client.send(Message(OLENA, text="Hi", send_at=noon - timedelta(seconds=60)))
            with pytest.raises(UsageError, match="has passed"):
                client.send(Message(PAUL, text="Hi", send_at=noon - timedelta(seconds=61)))

        assert sent(gateway) == [(OLENA, "Hi")]

    def test_a_lost_reply_is_asked_about_after_the_moment_too(self, client: Client) -> None:
        """`lookup` of a message whose moment has passed is no attempt to send it."""
        past = datetime.now(UTC) - timedelta(days=1)

        assert client.lookup(Message(OLENA, text="Hi", send_at=past), past) is None


class Strict:
    """A provider whose own check refuses some texts and addresses."""

    Settings = ProviderSettings
    features = Features(
        channels=("sms",), personalisation=Personalisation.TEXTS, bulk_limit=10, sender=True
    )

    def __init__(self) -> None:
        self.taken: list[str] = []

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> None:
        """Refuse a foreign number, and a text of more than 20 characters."""
        if isinstance(request, Message):
            return
        if request.sender == "forbidden":
            raise UsageError("the sender is forbidden")
        for each in request.recipients:
            if each.to.startswith("+1"):
                raise Unsupported(f"{each.to} is a foreign number")
            if len(request.text_for(each) or "") > 20:
                raise UsageError(f"the text for {each.to} is too long")

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        """Take all."""
        people = tuple(broadcast.recipients)
        self.taken += [each.to for each in people]
        receipts = tuple(Receipt(each.to, State.QUEUED, each.to) for each in people)
        return BulkReceipt(f"b{len(self.taken)}", State.QUEUED, receipts)


def test_what_the_provider_cannot_be_told_is_refused_before_a_call(
    ledger: Ledger, way: Way
) -> None:
    """A field that the provider does not offer is named, and nobody is sent to without it."""
    strict = Strict()
    broadcast = Broadcast(text="Hi", media=["https://example.org/a.png"], recipients=[OLENA])

    with pytest.raises(Unsupported, match="strict cannot be told media"):
        way(Client("strict", strict), ledger, broadcast)

    assert strict.taken == []


class TestTheProvidersOwnCheck:
    """What the provider's own check refuses of a list is a bad row like any other."""

    ROWS = (
        "to,name\n+380961234501,Olena\n+12125550100,Joe\n"
        "+380961234502,Maximiliane-Charlotte\n+380961234503,Mary\n"
    )

    @pytest.fixture
    def strict(self) -> Strict:
        return Strict()

    @pytest.fixture
    def guests(self, tmp_path: Path) -> Path:
        file = tmp_path / "guests.csv"
        file.write_text(self.ROWS)
        return file

    def test_others_are_sent_to_where_bad_rows_are_skipped(
        self, strict: Strict, ledger: Ledger, guests: Path
    ) -> None:
        """The rest of the list is sent to, and the check counts the refused rows."""
        client = Client("strict", strict)
        people = read_recipients(guests, bad_rows="skip")
        broadcast = Broadcast(text="Dear {name}!", recipients=people)

        report = ledger.plan(client, broadcast, skip_invalid=True).run(client)

        assert strict.taken == [OLENA, MARY]
        assert report.dropped == {"bad": 2}
        assert people.check().counts == {Problem.REFUSED: 2}
        assert [(row.row, row.reason) for row in people.check().bad_rows()] == [
            (3, "+12125550100 is a foreign number"),
            (4, f"the text for {PAUL} is too long"),
        ]

    def test_the_list_is_refused_by_row_where_they_stop_it(
        self, strict: Strict, ledger: Ledger, guests: Path
    ) -> None:
        """Without that nothing is sent, and the error names each row."""
        client = Client("strict", strict)
        broadcast = Broadcast(text="Dear {name}!", recipients=read_recipients(guests))

        with pytest.raises(BadRows, match=r"row 3: \+12125550100 is a foreign number") as caught:
            ledger.plan(client, broadcast)

        assert any("row 4: the text for" in note for note in caught.value.__notes__)
        assert strict.taken == []
        assert not list(ledger.campaigns())

    def test_send_bulk_names_the_recipient(self, strict: Strict) -> None:
        """In Python the recipient is named by its place."""
        client = Client("strict", strict)

        with pytest.raises(Unsupported, match=r"Recipient 2, .* is a foreign number"):
            client.send_bulk(Broadcast(text="Hi", recipients=[OLENA, "+12125550100", PAUL]))

        assert strict.taken == []

    def test_a_defect_of_the_content_is_no_bad_row(
        self, strict: Strict, ledger: Ledger, guests: Path
    ) -> None:
        """A refusal of everybody in the same words is raised once, and no row is left out."""
        client = Client("strict", strict)
        people = read_recipients(guests, bad_rows="skip")
        broadcast = Broadcast(text="Hi", sender="forbidden", recipients=people)

        with pytest.raises(UsageError, match=r"\Athe sender is forbidden\Z"):
            ledger.plan(client, broadcast, skip_invalid=True)

        assert people.check().bad == 0


def test_a_list_without_one_good_row_says_why(client: Client, tmp_path: Path) -> None:
    """Where nobody can be sent to, the error's notes give the reasons."""
    (file := tmp_path / "guests.csv").write_text("to\n12\nx\n")

    with pytest.raises(UsageError, match="none can be sent to") as caught:
        client.send_bulk(Broadcast(text="Hi", recipients=read_recipients(file, bad_rows="skip")))

    assert [note.partition(": ")[0].rpartition(", ")[2] for note in caught.value.__notes__] == [
        "row 2",
        "row 3",
    ]


NOW = datetime.now(UTC)
HELLO = Message(OLENA, text="Hi")
ALL = Broadcast(text="Hi", recipients=[OLENA])

#: As a caller without a type checker has them.
message: Any = Message
broadcast: Any = Broadcast
recipient: Any = Recipient
callback: Any = CallbackRequest


def listed() -> Any:
    """A list, as a caller without a type checker has it."""
    return read_recipients(io.StringIO(f"to\n{OLENA}\n"))


#: Calls with an argument of a wrong type, by what the error names.
MISUSES: Sequence[tuple[str, Callable[[Any, Any], object]]] = (
    ("send", lambda client, ledger: client.send({"to": OLENA})),
    ("send", lambda client, ledger: client.send(None)),
    ("send_bulk", lambda client, ledger: client.send_bulk([OLENA])),
    ("workers", lambda client, ledger: client.send_bulk(ALL, workers="4")),
    ("workers", lambda client, ledger: client.send_bulk(ALL, workers=True)),
    ("workers", lambda client, ledger: client.send_bulk(ALL, workers=0)),
    ("workers", lambda client, ledger: client.send_bulk(ALL, workers=1.5)),
    ("rate", lambda client, ledger: client.send_bulk(ALL, rate=5)),
    ("error_threshold", lambda client, ledger: client.send_bulk(ALL, error_threshold="3")),
    ("id", lambda client, ledger: client.status(5)),
    ("id", lambda client, ledger: client.status(None)),
    ("id", lambda client, ledger: client.control(None, "pause")),
    ("id", lambda client, ledger: client.control(5, "pause")),
    ("action", lambda client, ledger: client.control("1", 5)),
    ("action", lambda client, ledger: client.control("1", ["pause"])),
    ("lookup", lambda client, ledger: client.lookup("x", NOW)),
    ("since", lambda client, ledger: client.lookup(HELLO, "2026")),
    ("since", lambda client, ledger: client.lookup(HELLO, None)),
    ("since", lambda client, ledger: client.lookup(HELLO, datetime(2026, 1, 1))),  # noqa: DTZ001
    ("timeout", lambda client, ledger: client.wait("1", timeout="1")),
    ("interval", lambda client, ledger: client.wait("1", interval="1")),
    ("interval", lambda client, ledger: next(client.watch("1", interval=None))),
    ("receive", lambda client, ledger: client.receive(b"")),
    ("recipients", lambda client, ledger: broadcast(text="Hi", recipients=5)),
    ("recipients", lambda client, ledger: broadcast(text="Hi", recipients=OLENA)),
    ("address", lambda client, ledger: client.send_bulk(broadcast(text="Hi", recipients=[5]))),
    (
        "address",
        lambda client, ledger: client.send_bulk(broadcast(text="Hi", recipients=iter([5]))),
    ),
    ("variables", lambda client, ledger: recipient(OLENA, [1])),
    ("variables", lambda client, ledger: recipient(OLENA, "name")),
    ("variable", lambda client, ledger: recipient(OLENA, {1: "x"})),
    ("variable", lambda client, ledger: recipient(OLENA, {"x": 1.5})),
    ("address", lambda client, ledger: recipient(5)),
    ("address", lambda client, ledger: message(None, text="Hi")),
    ("text", lambda client, ledger: message(OLENA, text=5)),
    ("list of strings", lambda client, ledger: message(OLENA, text="Hi", channels=5)),
    ("list of strings", lambda client, ledger: message(OLENA, text="Hi", channels=[5])),
    ("media", lambda client, ledger: message(OLENA, text="Hi", media=5)),
    ("ttl", lambda client, ledger: message(OLENA, text="Hi", ttl=5)),
    ("send_at", lambda client, ledger: message(OLENA, text="Hi", send_at="tomorrow")),
    ("allow_empty", lambda client, ledger: broadcast(text="Hi", recipients=[], allow_empty=1)),
    ("body", lambda client, ledger: callback(body="text")),
    ("headers", lambda client, ledger: callback(body=b"", headers=[1])),
    ("Broadcast", lambda client, ledger: ledger.plan(client, HELLO)),
    ("batch_size", lambda client, ledger: ledger.plan(client, ALL, batch_size="5")),
    ("suppressed", lambda client, ledger: ledger.plan(client, ALL, suppressed=5)),
    ("campaign 5", lambda client, ledger: ledger.campaign(5)),
    ("workers", lambda client, ledger: ledger.plan(client, ALL).run(client, workers="4")),
    ("rate", lambda client, ledger: ledger.plan(client, ALL).run(client, rate=5)),
    (
        "in_flight_grace",
        lambda client, ledger: ledger.plan(client, ALL).run(client, in_flight_grace="30"),
    ),
    ("on_progress", lambda client, ledger: client.send_bulk(ALL, on_progress="print")),
    ("client", lambda client, ledger: ledger.plan("acmegate", ALL)),
    ("client", lambda client, ledger: ledger.plan(client, ALL).run("acmegate")),
    ("client", lambda client, ledger: ledger.note("acmegate", [])),
    ("report", lambda client, ledger: ledger.note(client, "x")),
    ("path", lambda client, ledger: ledger.plan(client, ALL).write_csv(5)),
    ("ledger", lambda client, ledger: Ledger.open(cast("Any", 5))),
    ("name", lambda client, ledger: connect(cast("Any", 5))),
    ("config", lambda client, ledger: connect("acmegate", config=cast("Any", 5))),
    ("list", lambda client, ledger: read_recipients(cast("Any", 5))),
    ("text", lambda client, ledger: listed().validated_for(5)),
    ("max_segments", lambda client, ledger: listed().validated_for("Hi", max_segments="2")),
    ("text", lambda client, ledger: count_segments(cast("Any", 5))),
)


@pytest.mark.parametrize(("named", "misuse"), MISUSES)
def test_an_argument_of_a_wrong_type_is_refused_in_a_sentence(
    client: Client,
    ledger: Ledger,
    gateway: InMemoryGateway,
    named: str,
    misuse: Callable[[Any, Any], object],
) -> None:
    """A wrong argument is a UsageError that names it; nothing is sent, no plugin is blamed."""
    with pytest.raises(UsageError, match=named) as caught:
        misuse(client, ledger)

    assert type(caught.value) in (UsageError, Unsupported)
    assert sent(gateway) == []


class Screening:
    """A wrapper that suppresses one address, and fails at another."""

    @hookimpl
    def suppression_reason(self, to: str) -> str | None:
        if to == PAUL:
            raise ZeroDivisionError("oh")
        return "they have asked so" if to == OLENA else None


class TestSuppression:
    """A wrapper's word about an address counts the same for a list and a campaign."""

    def test_one_who_is_suppressed_needs_no_variables(
        self, gateway: InMemoryGateway, ledger: Ledger, way: Way
    ) -> None:
        """A suppressed recipient is left out, whatever else would be wrong with them."""
        client = Client("memory", Memory(gateway=gateway), wrappers=[Screening()])
        people = [Recipient(OLENA), Recipient(MARY, {"name": "Mary"})]

        way(client, ledger, Broadcast(text="Dear {name}!", recipients=people))

        assert sent(gateway) == [(MARY, "Dear Mary!")]

    def test_a_wrapper_that_fails_is_no_bad_recipient(
        self, gateway: InMemoryGateway, ledger: Ledger, way: Way
    ) -> None:
        """A wrapper that cannot tell stops everything: nothing is sent, nothing is kept."""
        client = Client("memory", Memory(gateway=gateway), wrappers=[Screening()])

        with pytest.raises(BrokenProvider, match="suppression_reason raised ZeroDivisionError"):
            way(client, ledger, Broadcast(text="Hello", recipients=[MARY, PAUL]))

        assert sent(gateway) == []
        assert not list(ledger.campaigns())
