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
from typing import IO, Any, BinaryIO, Protocol, runtime_checkable

from polycast.errors import UsageError
from polycast.model.validators import check_type

__all__ = ["Readable", "Source", "open_source"]

Readable = str | os.PathLike[str] | IO[str] | IO[bytes]

#: Bytes in which the form and the encoding of a list show themselves.
HEAD = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@runtime_checkable
class _Readable(Protocol):
    def read(self, size: int = ..., /) -> str | bytes: ...


class Source:
    """Bytes that can be read from the start any number of times, also at the same time."""

    def __init__(self, name: str, path: str | None, spool: "_Spool | None" = None) -> None:
        """Remember a regular file's path, or the spool that holds everything."""
        self.name = name
        self._path = path
        self._spool = spool
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
            told = os.stat(self._path)  # noqa: PTH116
        return told.st_ino, told.st_size, told.st_mtime_ns

    def encoding(self, named: str | None) -> str:
        """Return the encoding of the text: the one that was named, or the one it shows.

        Raises:
            UsageError: there is no such encoding.
        """
        if named is None:
            return next((name for mark, name in _MARKS if self.head.startswith(mark)), "utf-8")
        try:
            name = codecs.lookup(named).name
            io.TextIOWrapper(io.BytesIO(), encoding=name)  # refuses codecs that make no text
        except LookupError:
            raise UsageError(f"There is no text encoding {named!r}.") from None
        return "utf-8-sig" if name == "utf-8" else name

    @contextmanager
    def text(self, encoding: str) -> Iterator[IO[str]]:
        """Open it as text, with its line ends as they are.

        Raises:
            UsageError: it cannot be read, or is not text in this encoding.
        """
        with readable(self.name), self.open() as file:
            try:
                yield io.TextIOWrapper(file, encoding=encoding, newline="")
            except UnicodeDecodeError:
                raise self._undecodable(encoding) from None

    def _undecodable(self, encoding: str) -> UsageError:
        """Find the place: the error of a stream knows it only within the stream's buffer."""
        decoder = codecs.getincrementaldecoder(encoding)()
        passed, line = 0, 1
        with self.open() as file:
            while block := file.read(HEAD):
                pending = len(decoder.getstate()[0])
                try:
                    line += decoder.decode(block).count("\n")
                except UnicodeDecodeError as error:
                    good = bytes(error.object[: error.start])
                    line += good.decode(encoding, "ignore").count("\n")
                    passed += error.start - pending
                    break
                passed += len(block)
        shown = "UTF-8" if encoding.startswith("utf-8") else encoding
        advice = "save the list in UTF-8, or name its encoding, e.g. encoding='windows-1251'"
        return UsageError(
            f"{self.name} is not {shown} text (byte {passed + 1}, line {line}): {advice}."
        )


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
            # A byte order mark says what the bytes are now, whatever the stream was made of.
            spool.file.write(codecs.BOM_UTF8)
            try:
                spool.file.write(first.removeprefix("\ufeff").encode())
                while block := stream.read(HEAD):
                    spool.file.write(block.encode())
            except UnicodeEncodeError:
                raise UsageError(
                    f"{name} holds half a character (a lone surrogate): no wire can carry it."
                ) from None
        else:
            spool.file.write(first)
            shutil.copyfileobj(stream, spool.file, HEAD)
    return Source(name, None, spool)


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
