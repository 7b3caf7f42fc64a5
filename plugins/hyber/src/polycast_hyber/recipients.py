"""Each recipient as Hyber takes it: the number, the extra id, and the variables of the texts.

A recipient without a reference gets the extra id `polycast-<fingerprint>-<place>`. The fingerprint
is made of what is said and to whom, and of nothing else, so that another process asks by the same
ids after a crash. What is sent once more, word for word to the same people, has the same ids: a
broadcast's `name`, or references, tell the two apart.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
from polycast import Broadcast, Recipient, Template, UsageError
from polycast.providers import check_length, fingerprint, references_of

from polycast_hyber.options import Options

#: "Common parameters", `extra_id`.
_LONGEST = 64
_GENERATED = re.compile(r"polycast-[0-9a-f]{24}-[0-9]+")


def extra_ids(
    broadcast: Broadcast, options: Options, templates: Iterable[Template]
) -> Sequence[str]:
    """Return the extra ids of a broadcast's recipients, in their order.

    Args:
        broadcast: what is to be sent; its recipients are a sequence.
        options: its options.
        templates: every text in it, for the names of the variables that matter.

    Raises:
        UsageError: a reference is too long, or stands where it belongs to nobody.
    """
    recipients: Sequence[Recipient] = broadcast.recipients  # type: ignore[assignment]
    references = references_of(broadcast, options.reference)
    names = sorted({name for template in templates for name in template.names})
    # It takes time, and is not needed where all have a reference.
    made = None in references and _fingerprint(broadcast, recipients, options, names)
    ids = [
        f"polycast-{made}-{place}" if reference is None else reference
        for place, reference in enumerate(references)
    ]
    for id in ids:
        check_length(f"The reference {id!r}", id, _LONGEST, "Hyber")
    return ids


def reference_of(extra_id: str | None) -> str | None:
    """Return the recipient's own reference, or None where the extra id was made here."""
    if extra_id is None or _GENERATED.fullmatch(extra_id):
        return None
    return extra_id


def _fingerprint(
    broadcast: Broadcast,
    recipients: Sequence[Recipient],
    options: Options,
    names: Sequence[str],
) -> str:
    columns: list[list[str | None]] = [
        [each.to for each in recipients],
        [each.text for each in recipients],
        *([each.variables.get(name) for each in recipients] for name in names),
    ]
    return fingerprint(broadcast, options, columns)


# Variables: `{name}` as Hyber has it, `%name%`, in a notation that knows no escape.

#: What a recipient has besides variables ("Mass messages sending").
_RESERVED = ("phone_number", "extra_id")
_PLACEHOLDER = re.compile("%([A-Za-z_][A-Za-z0-9_]*)%")
_LOOKS_SO = re.compile("(?<=%)[A-Za-z_][A-Za-z0-9_]*(?=%)")
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


@attrs.frozen
class Notation:
    """How the variables of one broadcast are written for Hyber.

    Args:
        variables: Hyber's name for each of ours; the same, unless Hyber could not read it.
        literals: what looks like a variable and is meant as it stands (`%D0%` in an address).
            There is no escape, so each travels as a variable that is filled with itself.
    """

    variables: Mapping[str, str]
    literals: dict[str, str]

    @classmethod
    def of(cls, templates: Iterable[Template]) -> "Notation":
        """Find the names for all variables that these templates use.

        Raises:
            UsageError: something has a name that is Hyber's own, or text beside a placeholder
                would be taken for a part of it.
        """
        templates = tuple(templates)
        names = tuple(dict.fromkeys(name for each in templates for name in each.names))
        for name in names:
            if name in _RESERVED:
                raise UsageError(
                    f"{{{name}}} cannot be a variable: hyber gives {' and '.join(_RESERVED)} "
                    "another meaning."
                )
        texts = [part for each in templates for part in each.parts[::2] if "%" in part]
        looks_so = {word for text in texts for word in _LOOKS_SO.findall(text)}
        variables: dict[str, str] = {}
        for number, name in enumerate(names, start=1):
            variables[name] = name
            if name in looks_so or not _NAME.fullmatch(name):
                variables[name] = _free(f"variable{number}", {*names, *looks_so})
        literals: dict[str, str] = {}
        if texts:
            for each in templates:
                for word in _taken_literally(each, variables):
                    if word in _RESERVED:
                        raise UsageError(
                            f"%{word}% cannot be told hyber as it stands: it would be taken for "
                            "the recipient's."
                        )
                    literals[word] = f"%{word}%"
        return cls(variables, literals)

    def write(self, template: Template) -> str:
        """Return a template as Hyber reads it."""
        return template.translate(lambda name: f"%{self.variables[name]}%")


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _taken_literally(template: Template, variables: Mapping[str, str]) -> list[str]:
    """Return the words that Hyber would take for variables though they are none."""
    native = ""
    meant: set[int] = set()
    for index, part in enumerate(template.parts):
        if index % 2:
            meant.add(len(native))
            native += f"%{variables[part]}%"
        else:
            native += part
    found = {match.start(): match[1] for match in _PLACEHOLDER.finditer(native)}
    if not meant <= found.keys():
        raise UsageError(
            f"{native!r} cannot be told hyber: a percent sign and a word stand before a "
            "placeholder without a blank, and would be taken for a variable."
        )
    return [word for start, word in found.items() if start not in meant]
