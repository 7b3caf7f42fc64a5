"""Certificates that a client has to accept, and those that it must not."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

import trustme

from tests.faults.server import LOOPBACK

__all__ = ["CERTIFICATES", "bundle", "context"]

CERTIFICATES = ("good", "expired", "for another host", "of an unknown authority")


@cache
def _authority(name: str) -> trustme.CA:
    return trustme.CA(organization_name=f"Polycast's tests: {name}")


@contextmanager
def bundle() -> Iterator[str]:
    """Keep a bundle of the one authority that the client is told to trust, and return its path."""
    with _authority("known").cert_pem.tempfile() as path:
        yield path


@cache
def context(certificate: str) -> ssl.SSLContext:
    """Return what a server shakes hands with, by one of `CERTIFICATES`."""
    known = _authority("known")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    match certificate:
        case "good":
            leaf = known.issue_cert(LOOPBACK)
        case "expired":
            leaf = known.issue_cert(
                LOOPBACK, not_before=yesterday - timedelta(days=9), not_after=yesterday
            )
        case "for another host":
            leaf = known.issue_cert("another.invalid")
        case _:
            leaf = _authority("unknown").issue_cert(LOOPBACK)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(made)
    return made
