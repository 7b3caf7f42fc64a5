"""Who gets what, as Ogangi is told: one entry per recipient, as a file or as JSON."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import attrs
from polycast import Broadcast, Recipient, Template, Unsupported, UsageError
from polycast.providers import phone_digits
from polycast.wire import File

from polycast_ogangi.options import Dialect

#: "Phone List Guidelines": `{0}`, `{1}` and so on in a text stand for its parameters.
_PLACEHOLDER = re.compile(r"\{\d+\}")
#: What a field of a semicolon file cannot hold, as nothing there is quoted: what ends it, and
#: everything that some reader of lines takes for the end of one.
_UNQUOTABLE = re.compile(r"[;\"\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


@attrs.frozen
class Entry:
    """One recipient.

    Args:
        number: digits, with no plus sign.
        text: with `{0}`, `{1}` where the parameters go; None keeps an edited broadcast's own.
        parameters: what fills them.
    """

    number: str
    text: str | None
    parameters: tuple[str, ...] = ()

    @property
    def reads(self) -> str:
        """What the recipient reads; empty where an edited broadcast keeps its own text."""
        return _PLACEHOLDER.sub(lambda place: self.parameters[int(place[0][1:-1])], self.text or "")


def to_entries(broadcast: Broadcast, *, editing: bool = False) -> list[Entry]:
    """Write a broadcast's recipients as Ogangi's entries, its variables as `{0}`, `{1}`.

    Ogangi has no way to say a literal `{0}`, and does not say whether it looks for placeholders
    in what it has filled in. So nobody may be meant to read one, wherever it comes from.

    Args:
        broadcast: what is to be sent.
        editing: whether a text may be lacking, because the broadcast has one already.

    Raises:
        UsageError: there is nothing to say, a variable is missing, or an address is no number.
        Unsupported: somebody's text would hold a literal `{0}`.
    """
    write: Callable[[Recipient], Entry] = _own_text
    if broadcast.text is not None:
        write = _writer(Template.parse(broadcast.text))
    entries = []
    for recipient in broadcast.recipients:
        entry = write(recipient) if recipient.text is None else _own_text(recipient)
        if entry.text is None and not editing:
            raise UsageError(f"There is nothing to say to {recipient.to}: give a text.")
        entries.append(entry)
    return entries


def _own_text(recipient: Recipient) -> Entry:
    _refuse_placeholder(recipient.text or "", recipient)
    return Entry(_number(recipient), recipient.text)


def _writer(template: Template) -> Callable[[Recipient], Entry]:
    """Return what writes a recipient who gets the broadcast's text."""
    names = template.names
    places = {name: f"{{{place}}}" for place, name in enumerate(names)}
    native = template.translate(places.__getitem__)
    braces = any("{" in literal for literal in template.parts[::2])

    def write(recipient: Recipient) -> Entry:
        variables = recipient.variables
        parameters = tuple([variables.get(name, "{") for name in names])
        # The text is only filled in where a brace, or a lack, makes it worth looking at.
        if braces or "{" in "".join(parameters):
            _refuse_placeholder(template.render(variables), recipient)
        return Entry(_number(recipient), native, parameters)

    return write


def _refuse_placeholder(text: str, recipient: Recipient) -> None:
    if found := _PLACEHOLDER.search(text):
        raise Unsupported(
            f"Ogangi cannot be told a literal {found[0]} (for {recipient.to}): it would put a "
            "parameter there. Write it without braces."
        )


def _number(recipient: Recipient) -> str:
    return phone_digits(recipient, "Ogangi", "+13056708084")


# As a file


class Columns(NamedTuple):
    """The columns of a recipients file that are the same in every row.

    Args:
        sender: the short or long code.
        carrier: the name of the mobile operator; may be empty.
        encoding: e.g. `"UTF-8"`.
        timezone: an IANA name.
    """

    sender: str
    carrier: str
    encoding: str
    timezone: str


def to_file(entries: Iterable[Entry], columns: Columns, dialect: Dialect) -> File:
    """Write the recipients file of `sendSMSByFile`, in UTF-8.

    The columns are number, sender, carrier, encoding, time zone, text, then the parameters:
    the order of the samples in both versions of "Phone List Guidelines", whose lists of
    columns have the text before the encoding.

    Raises:
        Unsupported: a field holds what a file of semicolons cannot quote.
        UsageError: an entry has no text, which no row can say.
    """
    write = _quoted if dialect == "csv" else _bare
    rows = []
    for entry in entries:
        if entry.text is None:
            raise UsageError(f"There is nothing to say to +{entry.number}: give a text.")
        rows.append(write((entry.number, *columns, entry.text, *entry.parameters)))
    content = "\n".join(rows).encode()
    if dialect == "csv":
        return File("recipients.csv", content, "text/csv; charset=utf-8")
    return File("recipients.txt", content, "text/plain; charset=utf-8")


def _quoted(fields: Sequence[str]) -> str:
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields)


def _bare(fields: Sequence[str]) -> str:
    for field in fields:
        if found := _UNQUOTABLE.search(field):
            raise Unsupported(
                f"The semicolon dialect cannot carry {found[0]!r}, which is in {_shown(field)}: "
                "use Options(dialect='csv'), or leave it out."
            )
    return ";".join(fields)


def _shown(field: str) -> str:
    return repr(field) if len(field) <= 40 else repr(f"{field[:37]}...")


# As JSON


def to_json(entries: Iterable[Entry]) -> str:
    """Write the recipients of `createBroadcastFromJson`, its posted field `to`.

    ASSUMED: the page "JSON recipient format" could not be read. The names `mobileNumber`,
    `text` and `params`, and that `{0}` means in it what it means in a file, have not been
    verified with the provider. To write something else, override `Ogangi.write_recipients`.
    """
    recipients = []
    for entry in entries:
        recipient: dict[str, object] = {"mobileNumber": entry.number}
        if entry.text is not None:
            recipient["text"] = entry.text
        recipients.append({**recipient, "params": list(entry.parameters)})
    return json.dumps(recipients, ensure_ascii=False, separators=(",", ":"))
