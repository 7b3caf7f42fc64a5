"""Requests that providers push."""

import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs

from polycast.errors import UsageError
from polycast.masking.secret import Secret
from polycast.model.messages import CallbackRequest

__all__ = ["form_fields", "is_mac", "signed_url"]


def form_fields(request: CallbackRequest) -> Mapping[str, list[str]]:
    """Return the values of a pushed form by their names, empty ones included.

    Raises:
        UsageError: the body is no form in UTF-8.
    """
    try:
        return parse_qs(request.body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise UsageError("The request has no form: this is nothing that is pushed here.") from None


def signed_url(request: CallbackRequest) -> str:
    """Return the URL of a request, where the provider signs it.

    Raises:
        UsageError: the request was made without it.
    """
    if request.url is None:
        raise UsageError(
            "The provider signs the URL that it calls: give CallbackRequest the url, as it is "
            "outside of a proxy."
        )
    return request.url


def is_mac(given: str | None, key: Secret, texts: Iterable[str], algorithm: str) -> bool:
    """Return whether a signature is the HMAC of one of some texts, as base64.

    Args:
        given: the signature that came; None is none.
        key: what it has to be made with.
        texts: what may have been signed.
        algorithm: e.g. `"sha1"`.
    """
    secret, told = key.reveal().encode(), (given or "").encode()
    made = (b64encode(hmac.digest(secret, each.encode(), algorithm)) for each in texts)
    return any(hmac.compare_digest(each, told) for each in made)
