"""Which of Hyber's fields an address of a picture or a file belongs into, channel by channel."""

from collections.abc import Iterable, Mapping
from mimetypes import MimeTypes
from pathlib import Path
from urllib.parse import urlsplit

from polycast import Unsupported

__all__ = ["FIELDS", "by_kind"]

#: Where each kind of media goes ("Channel options"). SMS carries none.
FIELDS: Mapping[str, Mapping[str, str]] = {
    "viber": {"image": "img"},
    "sms": {},
    "whatsapp": {"image": "img", "audio": "audio", "video": "video", "document": "doc"},
    "push": {"image": "img"},
}

_KINDS = ("image", "audio", "video")


def by_kind(media: Iterable[str | Path]) -> dict[str, str]:
    """Return addresses by what they lead to: an image, a sound, a video or a document.

    Raises:
        Unsupported: a local file, an address that does not tell by its ending what it leads
            to, or two of a kind.
    """
    found: dict[str, str] = {}
    for item in media:
        kind = _kind(item)
        if kind in found:
            raise Unsupported(f"hyber sends one {kind} with a message, and media has two.")
        found[kind] = str(item)
    return found


def _kind(item: str | Path) -> str:
    if isinstance(item, Path):
        raise Unsupported(
            f"hyber takes no files, only addresses: put {item.name!r} on the web first."
        )
    parts = urlsplit(item)
    if parts.scheme.lower() not in ("http", "https"):
        raise Unsupported(f"hyber fetches media from the web alone, not from {item!r}.")
    # An instance of its own knows the standard's types, whatever is registered on this computer.
    media_type, _ = MimeTypes().guess_type(parts.path)
    if media_type is None:
        raise Unsupported(
            f"{item!r} does not tell by its ending whether it is an image, a sound, a video or a "
            "document: name it in polycast_hyber.Options."
        )
    kind = media_type.partition("/")[0]
    return kind if kind in _KINDS else "document"
