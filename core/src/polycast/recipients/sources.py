"""Where a list lies: a file, or what was read once and is kept in a temporary file."""

import codecs
import io
import os
import shutil
import stat
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, NamedTuple, Protocol, runtime_checkable

from polycast.errors import UsageError
from polycast.model.validators import check_type
from polycast.recipients.advice import Advise, either

__all__ = ["Encoding", "Readable", "Source", "open_source"]

Readable = str | os.PathLike[str] | IO[str] | IO[bytes]

#: Bytes in which the form and the encoding of a list show themselves.
HEAD = 1 << 16
#: Byte order marks, and what follows them. That of UTF-32 begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Encoding(NamedTuple):
    """Of a text: the codec, and the byte order mark before the first character."""

    codec: str
    mark: bytes = b""


@runtime_checkable
class _Readable(Protocol):
    def read(self, size: int = ..., /) -> str | bytes: ...


class Source:
    """Bytes that can be read from the start any number of times, also at the same time."""

    def __init__(
        self,
        name: str,
        path: str | None,
        spool: "_Spool | None" = None,
        *,
        is_text: bool = False,
    ) -> None:
        """Remember a regular file's path, or the spool that holds everything.

        Args:
            name: for sentences.
            path: of a regular file.
            spool: of everything else.
            is_text: whether it came as text, and is UTF-8 now.
        """
        self.name = name
        self._path = path
        self._spool = spool
        self._is_text = is_text
        with self.open() as file:
            self.head = file.read(HEAD)

    def open(self) -> BinaryIO:
        """Open it for reading from its first byte.

        Raises:
            UsageError: it cannot be opened.
        """
        if self._spool is not None:
            return io.BufferedReader(_View(self._spool))
        assert self._path is not None
        with readable(self.name):
            return open(self._path, "rb")  # noqa: PTH123 - the name shows as it was given

    def signature(self) -> tuple[int, ...]:
        """Return what changes when the content does."""
        if self._path is None:
            return ()
        with readable(self.name):
            status = os.stat(self._path)  # noqa: PTH116
        return status.st_ino, status.st_size, status.st_mtime_ns

    def encoding(self, named: str | None, advise: Advise) -> Encoding:
        """Return the encoding of the text: the one that was named, or the one it shows.

        Raises:
            UsageError: there is no such encoding, or a byte order mark says another one.
        """
        codec = None if named is None or self._is_text else _codec(named)
        for mark, shown in _MARKS:
            if not self.head.startswith(mark):
                continue
            if codec is not None and codec.replace("-sig", "") not in (shown, shown[:6]):
                raise UsageError(
                    f"{self.name} begins with the byte order mark of {shown.upper()}: it is not "
                    f"{named}. Leave out {advise('encoding', named or '')}."
                )
            while self.head.startswith(mark * 2):
                mark *= 2
            return Encoding(shown, mark)
        return Encoding(codec or _wide(self.head) or "utf-8")

    @contextmanager
    def text(self, encoding: Encoding, advise: Advise) -> Iterator[IO[str]]:
        """Open it as text, with its line ends as they are.

        Raises:
            UsageError: it cannot be read, or is not text in this encoding.
        """
        with readable(self.name), self.open() as file:
            file.read(len(encoding.mark))
            try:
                yield io.TextIOWrapper(file, encoding=encoding.codec, newline="")
            except UnicodeDecodeError:
                raise self._undecodable(encoding, advise) from None

    def _undecodable(self, encoding: Encoding, advise: Advise) -> UsageError:
        """Find the place: the error of a stream knows it only within the stream's buffer."""
        codec = encoding.codec
        decoder = codecs.getincrementaldecoder(codec)()
        passed, line = len(encoding.mark), 1
        with self.open() as file:
            file.read(passed)
            while block := file.read(HEAD):
                pending = len(decoder.getstate()[0])
                try:
                    line += decoder.decode(block).count("\n")
                except UnicodeDecodeError as error:
                    good = bytes(error.object[: error.start])
                    line += good.decode(codec, "ignore").count("\n")
                    passed += error.start - pending
                    break
                passed += len(block)
        shown = "UTF-8" if codec == "utf-8" else codec
        advice = either("save the list in UTF-8", advise("encoding", "windows-1251"))
        return UsageError(
            f"{self.name} is not {shown} text (byte {passed + 1}, line {line}): {advice}."
        )


def _codec(named: str) -> str:
    try:
        name = codecs.lookup(named).name
        io.TextIOWrapper(io.BytesIO(), encoding=name)  # refuses codecs that make no text
    except LookupError:
        raise UsageError(f"There is no text encoding {named!r}.") from None
    return name


def _wide(head: bytes) -> str | None:
    """Return the codec of UTF-16 without a mark: every second byte of its ASCII is zero."""
    low, high = head[::2].count(0), head[1::2].count(0)
    zeros = max(low, high)
    if zeros * 10 < len(head) or min(low, high) * 10 > zeros:
        return None
    return "utf-16-le" if high > low else "utf-16-be"


def open_source(source: Readable) -> Source:
    """Take a path, `"-"` for standard input, or an open file.

    What is not a regular file is read to its end, and kept in a temporary file that has no
    name: it is gone with the process, however that ends.

    Raises:
        UsageError: it cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        if source == "-":
            return _spooled("standard input", sys.stdin.buffer)
        name = os.fspath(source)
        with readable(name):
            kind = os.stat(name).st_mode  # noqa: PTH116
            if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
                return Source(name, name)
            with open(name, "rb") as file:  # noqa: PTH123
                return _spooled(name, file)
    check_type("The list", source, _Readable, "a path or an open file")
    return _spooled(str(getattr(source, "name", "the list")), source)


def _spooled(name: str, stream: IO[Any]) -> Source:
    spool = _Spool()
    with readable(name):
        first = stream.read(HEAD)
        if isinstance(first, str):
            try:
                spool.file.write(first.encode())
                while block := stream.read(HEAD):
                    spool.file.write(block.encode())
            except UnicodeEncodeError:
                raise UsageError(
                    f"{name} holds half a character (a lone surrogate): no wire can carry it."
                ) from None
        else:
            spool.file.write(first)
            shutil.copyfileobj(stream, spool.file, HEAD)
    return Source(name, None, spool, is_text=isinstance(first, str))


class _Spool:
    """A temporary file without a name, and the lock of those who share it."""

    def __init__(self) -> None:
        # Not a context: it lives as long as somebody may read the list again.
        self.file = tempfile.TemporaryFile()  # noqa: SIM115
        self.lock = threading.Lock()
        weakref.finalize(self, self.file.close)


class _View(io.RawIOBase):
    """One reader's own place in a shared file."""

    def __init__(self, spool: _Spool) -> None:
        self._spool = spool
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self._spool.lock:
            if whence == io.SEEK_CUR:
                offset, whence = self._place + offset, io.SEEK_SET
            self._place = self._spool.file.seek(offset, whence)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        with self._spool.lock:
            self._spool.file.seek(self._place)
            data = self._spool.file.read(len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Make a sentence of what the operating system says about a list."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}.") from None
