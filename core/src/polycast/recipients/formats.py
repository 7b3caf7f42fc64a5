"""What kind of list it is: what the caller says, else what the content shows."""

import codecs
import re

from polycast.errors import UsageError
from polycast.recipients.json_lines import JsonLines
from polycast.recipients.options import Form, ReadingOptions
from polycast.recipients.readers import Reader
from polycast.recipients.sources import Source
from polycast.recipients.tables import DELIMITERS, Lines, Table, TextFile, find_dialect
from polycast.recipients.workbooks import Xls, Xlsx

__all__ = ["choose_reader"]

#: How a workbook begins: a ZIP archive; an OLE2 container; the files before there were containers.
_WORKBOOKS: tuple[tuple[bytes, Form], ...] = (
    (b"PK\x03\x04", "xlsx"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"\x09\x08\x10\x00", "xls"),
    (b"\x09\x08\x08\x00", "xls"),
    (b"\x09\x04\x06\x00", "xls"),
    (b"\x09\x02\x06\x00", "xls"),
    (b"\x09\x00\x04\x00", "xls"),
)
#: How files begin that are no lists.
_OTHERS = (
    (re.compile(rb"\x1f\x8b"), "is compressed (gzip): unpack it first"),
    (re.compile(rb"BZh[1-9]"), "is compressed (bzip2): unpack it first"),
    (re.compile(rb"\xfd7zXZ"), "is compressed (xz): unpack it first"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "is compressed (zstd): unpack it first"),
    (re.compile(rb"7z\xbc\xaf|Rar!|PK\x05\x06"), "is an archive: unpack it first"),
    (re.compile(rb"%PDF-"), "is a PDF: save the list as XLSX or CSV"),
    (
        re.compile(rb"\s*\[\s*[{\[]"),
        "is a JSON array: write one object a line, without brackets and commas around them",
    ),
    (
        re.compile(rb"\s*<(?:!doctype|html|table|head|meta|\?xml|!--)", re.IGNORECASE),
        "is HTML or XML, whatever its name: open it in a spreadsheet program, and save it as XLSX "
        "or CSV",
    ),
)


def choose_reader(source: Source, options: ReadingOptions) -> Reader:
    """Return what reads a list.

    Raises:
        UsageError: an option makes no sense for such a list, or its header is none.
    """
    head = source.head
    form = options.form
    if form is None:
        form = next((kind for magic, kind in _WORKBOOKS if head.startswith(magic)), None)
    if form == "xlsx":
        return Xlsx(source, options)
    if form == "xls":
        return Xls(source, options)
    encoding = source.encoding(options.encoding, options.advise)
    for pattern, sentence in _OTHERS:
        if pattern.match(head, len(encoding.mark)):
            raise UsageError(f"{source.name} {sentence}.")
    if options.sheet is not None:
        raise UsageError(f"{source.name} is no workbook: it has no sheet {options.sheet!r}.")
    # What follows a wrong byte is not needed here; reading on will name the byte.
    decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
    text = decoder.decode(head[len(encoding.mark) :])
    file = TextFile(source, encoding, options.advise)
    first = next((line for line in text.splitlines() if line.strip()), "").strip()
    if form == "jsonl" or (form is None and first.startswith("{")):
        return JsonLines(file)
    dialect = find_dialect(text, options)
    is_plain = options.delimiter is None and not dialect.has_address and _is_address(first)
    if form == "lines" or (form is None and is_plain):
        return Lines(file)
    return Table(file, dialect)


def _is_address(line: str) -> bool:
    """Whether a line is an address and can be no header: digits, or a scheme and a value."""
    if _SCHEME(line):
        return True
    if any(delimiter in line for delimiter in DELIMITERS):
        return False
    digits = sum(map(str.isdecimal, line))
    return digits >= _DIGITS and not any(map(str.isalpha, line.upper().replace("E+", "")))


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:[^\s,;|]+\Z").match
#: A line with fewer may be anything.
_DIGITS = 5
