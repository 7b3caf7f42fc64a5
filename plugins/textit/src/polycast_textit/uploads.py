"""Local files on their way to TextIt's media: each is uploaded once."""

import hashlib
import mimetypes
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from polycast import OutcomeUnknown, ProviderUnavailable, UsageError
from polycast.wire import File

from polycast_textit._client import Client
from polycast_textit._client import models as m

__all__ = ["Uploads", "check_files"]

#: Bytes; RapidPro's media endpoint takes 25 MB.
LARGEST = 25 * 1024 * 1024

# The pictures that TextIt takes, for Python's own table differs by version and machine.
_TYPES = {
    ".apng": "image/apng",
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".webp": "image/webp",
}


class Uploads:
    """Uploads files, and remembers what TextIt calls them for as long as the client lives.

    So a file of a broadcast that takes many calls travels once. It is known by its name and
    its bytes: a file that was changed meanwhile is another.
    """

    def __init__(self, api: Client) -> None:
        self._api = api
        self._known: dict[tuple[str, bytes], str] = {}
        # Held while uploading: two threads that send the same file upload it once.
        self._lock = threading.Lock()

    def __call__(self, paths: Sequence[Path]) -> list[str]:
        """Return the UUIDs of these files, uploading those that TextIt does not hold yet.

        Raises:
            UsageError: a file cannot be read, or is larger than 25 MB; nothing was uploaded.
            ProviderError: TextIt did not take a file. The message was not sent.
        """
        check_files(paths)
        return [self._uuid(path) for path in paths]

    def _uuid(self, path: Path) -> str:
        content = _read(path)
        key = path.name, hashlib.sha256(content).digest()
        with self._lock:
            if key not in self._known:
                self._known[key] = self._upload(path, content).uuid
            return self._known[key]

    def _upload(self, path: Path, content: bytes) -> m.Media:
        kind = _TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name, strict=False)[0]
        file = File(path.name, content, kind or "application/octet-stream")
        try:
            return self._api.upload_media(m.MediaUpload(file=file))
        except (OutcomeUnknown, ProviderUnavailable) as error:
            # At worst a file lies there that no message has: nobody was sent anything.
            raise ProviderUnavailable(
                f"{path.name} was perhaps not uploaded ({error.detail}), so the message was not "
                "sent.",
                provider=error.provider,
                operation=error.operation,
                http_status=error.http_status,
                raw=error.raw,
                retry_after=error.retry_after,
                safe_to_retry=True,
            ) from error


def check_files(paths: Iterable[Path]) -> None:
    """Refuse files that cannot be uploaded, before any request.

    Raises:
        UsageError: a file cannot be read, is empty, or is larger than 25 MB.
    """
    for path in paths:
        _check(path)


def _check(path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    if size > LARGEST:
        raise UsageError(
            f"The file {path} has {size / 2**20:.1f} MB: textit takes at most 25 MB per file."
        )
    if not size:
        raise UsageError(f"The file {path} is empty: there is nothing to attach.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
