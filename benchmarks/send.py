"""One TextIt send, against other ways to post the same bytes."""

import http.client
from urllib.parse import urlsplit

import httpx
import polycast
import requests
from polycast import Message
from polycast.testing import CannedWire, Sent
from temba_client.v2 import TembaClient

from benchmarks.rounds import Comparison, compare
from benchmarks.server import BROADCAST, serving

__all__ = ["run"]

TO = "+250788123123"
TEXT = "Your table is ready"
TOKEN = "d4a8e4ee06a11d6c4b1ed9a1a7c4d6d1e5a1b2c3"


def run(*, rounds: int) -> list[Comparison]:
    """Measure, and return one comparison."""
    request = _our_request()
    headers = dict(request.headers)
    path, body = request.path, request.body
    with serving() as address:
        url = address + path
        base_url = url.removesuffix("/broadcasts.json")
        bare, untrusting = requests.Session(), requests.Session()
        untrusting.trust_env = False
        modern = httpx.Client()
        temba = TembaClient(address, TOKEN)
        raw = http.client.HTTPConnection(urlsplit(address).netloc)

        def send_raw() -> bytes:
            raw.request("POST", path, body, headers)
            return raw.getresponse().read()

        with polycast.connect("textit", token=TOKEN, base_url=base_url) as client:
            assert client.send(Message(TO, text=TEXT)).id
            seconds = compare(
                {
                    "requests.Session.post": lambda: bare.post(url, data=body, headers=headers),
                    "polycast": lambda: client.send(Message(TO, text=TEXT)),
                    "requests.Session, trust_env=False": lambda: untrusting.post(
                        url, data=body, headers=headers
                    ),
                    "requests.post": lambda: requests.post(
                        url, data=body, headers=headers, timeout=30
                    ),
                    "rapidpro-python create_broadcast": lambda: temba.create_broadcast(
                        TEXT, urns=[f"tel:{TO}"]
                    ),
                    "httpx.Client.post": lambda: modern.post(url, content=body, headers=headers),
                    "http.client (the floor)": send_raw,
                },
                calls=200,
                rounds=rounds,
            )
        for each in (bare, untrusting, modern, raw):
            each.close()
    return [Comparison("One TextIt send", "requests.Session.post", "polycast", 0.75, seconds)]


def _our_request() -> Sent:
    """Return what our client puts on the wire, for the others to post too."""
    wire = CannedWire().answer(201, json=BROADCAST)
    with polycast.connect("textit", token=TOKEN) as client:
        wire.attach(client).send(Message(TO, text=TEXT))
    return wire.sent[0]
