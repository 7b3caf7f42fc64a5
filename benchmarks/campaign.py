"""A Hyber campaign: 50,000 recipients to bytes, and their 50,000 states back to objects.

Twice: what one would write instead of our generated client, and instead of our whole client.
"""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias
from unittest import mock

import httpx
import msgspec
import polycast
from polycast import Broadcast, Recipient, wire
from polycast.testing import CannedWire

from benchmarks import msgspec_structs, pydantic_models
from benchmarks.guests import TEXT, campaign_status, guests
from benchmarks.memory import peaks
from benchmarks.rounds import Comparison, compare
from benchmarks.stock import stock_clients

__all__ = ["CONTENDERS", "run"]

SIZE: Final = 50_000
_NATIVE: Final = TEXT.replace("{", "%").replace("}", "%")
_VIBER: Final = {"text": _NATIVE, "ttl": 60}
_SMS: Final = {"text": _NATIVE, "ttl": 300, "alpha_name": "GMSU"}
_CHANNELS: Final = ["viber", "sms"]
_TAG: Final = "Tonight"
_STOCK: Final = "stock openapi-python-client"

#: Makes everything ready, with the files of a folder, and returns what is measured.
Preparation: TypeAlias = Callable[[Path], Callable[[], Any]]


# Encoding: typed objects to bytes


def _stock_broadcast() -> Any:
    models = import_module("stock_hyber.models")
    recipients = []
    for guest in guests(SIZE):
        recipient = models.BroadcastRecipient(guest.number, guest.reference)
        recipient.additional_properties = guest.variables
        recipients.append(recipient)
    options = models.ChannelOptions(
        viber=models.ViberOptions(**_VIBER), sms=models.SmsOptions(**_SMS)
    )
    return models.NewBroadcast(_CHANNELS, options, recipients, tag=_TAG)


def _httpx_body(data: object) -> bytes:
    return httpx.Request("POST", "http://127.0.0.1", json=data).content


def _encode_stock(folder: Path) -> Callable[[], bytes]:
    broadcast = _stock_broadcast()
    return lambda: _httpx_body(broadcast.to_dict())


def _encode_polycast(folder: Path) -> Callable[[], bytes]:
    api = _connect().api
    models = import_module(type(api).__module__.replace(".client", ".models"))
    broadcast = models.NewBroadcast(
        channels=_CHANNELS,
        channel_options=models.ChannelOptions(
            viber=models.ViberOptions(**_VIBER), sms=models.SmsOptions(**_SMS)
        ),
        tag=_TAG,
        recipients=[
            models.BroadcastRecipient(
                phone_number=guest.number,
                extra_id=guest.reference,
                additional_properties=guest.variables,
            )
            for guest in guests(SIZE)
        ],
    )
    converter = api.CONVERTERS["json"]
    return lambda: wire.strict_json.write(converter.unstructure(broadcast))


def _encode_fast(folder: Path) -> Callable[[], bytes]:
    import_module("orjson")
    return _encode_polycast(folder)


def _plainly(prepare: Preparation) -> Preparation:
    """Measure without orjson, as where `polycast` is installed without its extra `fast`."""

    def prepare_plainly(folder: Path) -> Callable[[], Any]:
        call = prepare(folder)

        def call_plainly() -> Any:
            with mock.patch.object(wire.strict_json, "orjson", None):
                return call()

        return call_plainly

    return prepare_plainly


def _encode_pydantic(folder: Path) -> Callable[[], bytes]:
    models = pydantic_models
    broadcast = models.Broadcast(
        channels=_CHANNELS,
        channel_options=models.ChannelOptions(
            viber=models.Channel.model_validate(_VIBER), sms=models.Channel.model_validate(_SMS)
        ),
        tag=_TAG,
        recipients=[
            models.Recipient.model_validate(
                {"phone_number": each.number, "extra_id": each.reference, **each.variables}
            )
            for each in guests(SIZE)
        ],
    )
    return lambda: broadcast.model_dump_json(exclude_unset=True).encode()


def _encode_msgspec(folder: Path) -> Callable[[], bytes]:
    structs = msgspec_structs
    broadcast = structs.Broadcast(
        channels=_CHANNELS,
        channel_options=structs.ChannelOptions(
            viber=msgspec.convert(_VIBER, structs.Channel),
            sms=msgspec.convert(_SMS, structs.Channel),
        ),
        tag=_TAG,
        recipients=[
            structs.Recipient(
                phone_number=each.number, extra_id=each.reference, name=each.name, table=each.table
            )
            for each in guests(SIZE)
        ],
    )
    encoder = msgspec.json.Encoder()
    return lambda: encoder.encode(broadcast)


def _encode_nothing(folder: Path) -> Callable[[], bytes]:
    data = json.loads((folder / "broadcast.json").read_bytes())
    return lambda: _httpx_body(data)


# Decoding: bytes to typed objects


def _decode_stock(folder: Path) -> Callable[[], Any]:
    content = (folder / "status.json").read_bytes()
    kind = import_module("stock_hyber.models").CampaignStatus
    return lambda: kind.from_dict(json.loads(content)).messages


def _decode_polycast(folder: Path) -> Callable[[], Any]:
    content = (folder / "status.json").read_bytes()
    api = _connect().api
    kind = import_module(type(api).__module__.replace(".client", ".models")).CampaignStatus
    converter = api.CONVERTERS["json"]
    return lambda: converter.structure(wire.strict_json.parse(content), kind).messages


def _decode_pydantic(folder: Path) -> Callable[[], Any]:
    content = (folder / "status.json").read_bytes()
    return lambda: pydantic_models.CampaignStatus.model_validate_json(content).messages


def _decode_msgspec(folder: Path) -> Callable[[], Any]:
    content = (folder / "status.json").read_bytes()
    decoder = msgspec.json.Decoder(msgspec_structs.CampaignStatus)
    return lambda: decoder.decode(content).messages


def _decode_nothing(folder: Path) -> Callable[[], Any]:
    content = (folder / "status.json").read_bytes()
    return lambda: json.loads(content)["messages"]


# The whole way: from rows to an id, and from an id to states


def _connect() -> polycast.Client:
    return polycast.connect(
        "hyber", login="login", password="password", client_id="1", sms_sender="GMSU"
    )


def _stock_client(answer: bytes) -> Any:
    def respond(request: httpx.Request) -> httpx.Response:
        request.read()
        headers = {"Content-Type": "application/json"}
        return httpx.Response(200, content=answer, headers=headers)

    return import_module("stock_hyber.client").Client(
        "http://127.0.0.1", httpx_args={"transport": httpx.MockTransport(respond)}
    )


_JOB: Final = b'{"job_id": "66591729-cb47-5ef9-964b-949dc6aff84f"}'


def _send_stock(folder: Path) -> Callable[[], Any]:
    operation = import_module("stock_hyber.api.default.send_broadcast")
    client = _stock_client(_JOB)
    return lambda: operation.sync(client_id="1", client=client, body=_stock_broadcast()).job_id


def _send_polycast(folder: Path) -> Callable[[], Any]:
    client = _connect()

    def send() -> str | None:
        CannedWire().answer(body=_JOB).attach(client)
        recipients = [
            Recipient(f"+{guest.number}", guest.variables, reference=guest.reference)
            for guest in guests(SIZE)
        ]
        return client.send_bulk(
            Broadcast(text=TEXT, name=_TAG, channels=_CHANNELS, recipients=recipients)
        ).id

    return send


def _status_stock(folder: Path) -> Callable[[], Any]:
    operation = import_module("stock_hyber.api.default.get_campaign_status")
    client = _stock_client((folder / "status.json").read_bytes())
    return lambda: operation.sync(client_id="1", job_id="66591729", client=client).messages


def _status_polycast(folder: Path) -> Callable[[], Any]:
    content, client = (folder / "status.json").read_bytes(), _connect()

    def ask() -> Any:
        CannedWire().answer(body=content).attach(client)
        status = client.status("job:66591729")
        assert sum(status.counts.values()) == SIZE
        return status.raw.messages  # type: ignore[attr-defined]

    return ask


def _reports_polycast(folder: Path) -> Callable[[], Any]:
    content, client = (folder / "status.json").read_bytes(), _connect()

    def ask() -> Any:
        CannedWire().answer(body=content).attach(client)
        return list(client.status("job:66591729").reports)

    return ask


#: Everything that is measured: by comparison, then by name.
CONTENDERS: Final[Mapping[str, Mapping[str, Preparation]]] = {
    "encode": {
        _STOCK: _encode_stock,
        "polycast": _plainly(_encode_polycast),
        "polycast[fast]": _encode_fast,
        "pydantic": _encode_pydantic,
        "msgspec": _encode_msgspec,
        "json.dumps alone": _encode_nothing,
    },
    "send_bulk": {_STOCK: _send_stock, "polycast": _plainly(_send_polycast)},
    "decode": {
        _STOCK: _decode_stock,
        "polycast": _decode_polycast,
        "pydantic": _decode_pydantic,
        "msgspec": _decode_msgspec,
        "json.loads alone": _decode_nothing,
    },
    "status": {
        _STOCK: _status_stock,
        "polycast": _status_polycast,
        "polycast, every report read": _reports_polycast,
    },
}
_TITLES: Final = {
    "encode": ("A broadcast to 50,000, typed objects to bytes", 0.6),
    "send_bulk": ("The same, the whole way: rows of a table to a receipt", None),
    "decode": ("A campaign's 50,000 states, bytes to typed objects", 1.0),
    "status": ("The same, the whole way: an id to a status", None),
}


def run(*, rounds: int) -> list[Comparison]:
    """Measure, and return one comparison for each way and direction."""
    with stock_clients("hyber") as folder:
        (folder / "status.json").write_bytes(campaign_status(SIZE))
        (folder / "broadcast.json").write_bytes(_encode_polycast(folder)())
        return [_compare(part, rounds, folder) for part in CONTENDERS]


def _compare(part: str, rounds: int, folder: Path) -> Comparison:
    memory = peaks(__name__, part, folder)
    contenders = {name: prepare(folder) for name, prepare in CONTENDERS[part].items()}
    results = {name: call() for name, call in contenders.items()}
    if part == "encode":
        sent = {json.dumps(json.loads(body), sort_keys=True) for body in results.values()}
        assert len(sent) == 1, "they do not say the same"
    elif part != "send_bulk":
        assert {len(result) for result in results.values()} == {SIZE}, "a state was lost"
    del results
    title, target = _TITLES[part]
    seconds = compare(contenders, calls=1, rounds=rounds)
    return Comparison(title, _STOCK, "polycast", target, seconds, memory)
