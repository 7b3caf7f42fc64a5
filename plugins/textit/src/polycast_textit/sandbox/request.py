"""What the server accepts in a new broadcast, and what it says to everything else.

The messages are the server's own, word for word: tests and users search for them.
Fields are judged one by one first; what they say to each other is judged only when each
of them is well. (TextIt page, "Error body shapes"; Django REST framework's own messages
for lists, dictionaries and strings.)
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import Factory, define
from polycast.sandbox import Refused, SimulatedOutcome

from polycast_textit.sandbox.state import Contact, Group, Media, Translation, Workspace
from polycast_textit.sandbox.urns import InvalidURN, stored

__all__ = ["LANGUAGES", "BrokenServer", "Draft", "draft"]

#: The languages of ISO 639-3 that also have a code of two letters; a real server knows all of
#: ISO 639-3, some 7,900.
_CODES = """
    aar abk afr aka amh ara arg asm ava ave aym aze bak bam bel ben bih bis bod bos bre bul
    cat ces cha che chu chv cor cos cre cym dan deu div dzo ell eng epo est eus ewe fao fas
    fij fin fra fry ful gla gle glg glv grn guj hat hau hbs heb her hin hmo hrv hun hye ibo
    ido iii iku ile ina ind ipk isl ita jav jpn kal kan kas kat kau kaz khm kik kin kir kom
    kon kor kua kur lao lat lav lim lin lit ltz lub lug mah mal mar mkd mlg mlt mon mri msa
    mya nau nav nbl nde ndo nep nld nno nob nor nya oci oji ori orm oss pan pli pol por pus
    que roh ron run rus sag san sin slk slv sme smo sna snd som sot spa sqi srd srp ssw sun
    swa swe tah tam tat tel tgk tgl tha tir ton tsn tso tuk tur twi uig ukr urd uzb ven vie
    vol wln wol xho yid yor zha zho zul und mul
"""

LANGUAGES = frozenset(_CODES.split())

MOST_RECIPIENTS = 100
MOST_LANGUAGES = 50
MOST_ATTACHMENTS = 10
MOST_QUICK_REPLIES = 10
LONGEST_TEXT = 4096
LONGEST_URN = 255
LONGEST_QUICK_REPLY = 64
LONGEST_EXTRA = 1000

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_QUICK_REPLY_TYPES = ("text", "form", "url", "location")

T = TypeVar("T")


class BrokenServer(Exception):
    """The server fails on this request instead of refusing it."""


@define
class Draft:
    """A broadcast that the server would create."""

    urns: list[str] = Factory(list)
    contacts: list[Contact] = Factory(list)
    groups: list[Group] = Factory(list)
    text: dict[str, str] = Factory(dict)
    attachments: dict[str, list[Media]] = Factory(dict)
    quick_replies: dict[str, list[dict[str, str]]] = Factory(dict)
    base_language: str | None = None

    def translations(self) -> dict[str, Translation]:
        """Gather what is said in each language."""
        languages = [*self.text, *self.attachments, *self.quick_replies]
        return {
            language: Translation(
                text=self.text.get(language),
                attachments=self.attachments.get(language, []),
                quick_replies=self.quick_replies.get(language, []),
            )
            for language in dict.fromkeys(languages)
        }


def draft(body: object, workspace: Workspace) -> Draft:
    """Read the body of a request to create a broadcast.

    Raises:
        Refused: with the body of the 400 that the server answers.
        BrokenServer: the server cannot cope with this body.
    """
    if not isinstance(body, dict):
        raise Refused({"non_field_errors": ["Request body should be a single JSON object"]})
    readers: dict[str, Callable[[Any], Any]] = {
        "urns": lambda value: _urns(value, workspace.country),
        "contacts": lambda value: _objects(value, lambda key: _contact(workspace, key)),
        "groups": lambda value: _objects(value, lambda key: _group(workspace, key)),
        "text": lambda value: _translated(value, str, _text, workspace),
        "attachments": lambda value: _translated(
            value, list, lambda keys: _attachments(workspace, keys), workspace
        ),
        "quick_replies": lambda value: _translated(value, list, _quick_replies, workspace),
        "base_language": lambda value: _language(_text(value, 3)),
    }
    known = {name: value for name, value in body.items() if name in readers}
    read = _each(known, lambda name: readers[name](_not_null(known[name])))
    written = Draft(**read)
    _judge_together(written)
    for named in (written.contacts, written.groups):
        if len({each.uuid for each in named}) < len(named):
            # The database takes each of them once.
            raise BrokenServer
    return written


def _judge_together(written: Draft) -> None:
    def refuse(detail: str) -> None:
        raise Refused({"non_field_errors": [detail]})

    if not (written.text or written.attachments):
        refuse("Must provide either text or attachments.")
    if not (written.urns or written.contacts or written.groups):
        refuse("Must provide either urns, contacts or groups.")
    if written.base_language is None:
        return
    if not written.text:
        # The server looks the language up in a text that is not there.
        raise BrokenServer
    if written.base_language not in written.text:
        refuse("No text translation provided in base language.")
    if written.attachments and written.base_language not in written.attachments:
        refuse("No attachment translations provided in base language.")
    if written.quick_replies and written.base_language not in written.quick_replies:
        refuse("No quick_replies translations provided in base language.")


def _each(keys: Mapping[str, object], read: Callable[[str], T]) -> dict[str, T]:
    """Read several things and gather what is wrong with them by key."""
    good: dict[str, T] = {}
    bad: dict[str, object] = {}
    for key in keys:
        try:
            good[key] = read(key)
        except Refused as refusal:
            bad[key] = refusal.said
    if bad:
        raise Refused(bad)
    return good


def _not_null(value: object) -> object:
    if value is None:
        raise Refused(["This field may not be null."])
    return value


def _list(value: object, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise Refused([f'Expected a list of items but got type "{type(value).__name__}".'])
    if len(value) > most:
        raise Refused([f"Ensure this field has no more than {most} elements."])
    return value


def _text(value: object, longest: int = LONGEST_TEXT) -> str:
    if not isinstance(value, str):
        raise Refused(["Not a valid string."])
    value = value.strip()
    if not value:
        raise Refused(["This field may not be blank."])
    if "\0" in value:
        raise Refused(["Null characters are not allowed."])
    if len(value) > longest:
        raise Refused([f"Ensure this field has no more than {longest} characters."])
    return value


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise Refused(["Not an allowed ISO 639-3 language code."])
    return value


def _urns(value: object, country: str | None) -> list[str]:
    items = {str(index): urn for index, urn in enumerate(_list(value, MOST_RECIPIENTS))}
    return list(_each(items, lambda index: _urn(items[index], country)).values())


def _urn(value: object, country: str | None) -> str:
    given = str(value)
    if len(given) > LONGEST_URN:
        raise Refused([f"Ensure this field has no more than {LONGEST_URN} characters."])
    try:
        urn = stored(given, country)
    except InvalidURN:
        urn = None
    if urn is None or SimulatedOutcome.of(urn) is SimulatedOutcome.REFUSED:
        raise Refused([f"Invalid URN: {given}. Ensure phone numbers contain country codes."])
    return urn


def _objects(value: object, find: Callable[[str], T | None]) -> list[T]:
    found = []
    for key in _list(value, MOST_RECIPIENTS):
        if not isinstance(key, str | int):
            raise Refused(["Must be a string or integer"])
        thing = find(str(key))
        if thing is None:
            raise Refused([f"No such object: {key}"])
        found.append(thing)
    return found


def _contact(workspace: Workspace, key: str) -> Contact | None:
    try:
        urn = stored(key, None).partition("#")[0]
    except InvalidURN:
        urn = key
    return next((c for c in workspace.contacts if key == str(c.uuid) or urn in c.urns), None)


def _group(workspace: Workspace, key: str) -> Group | None:
    for group in workspace.groups:
        if key == str(group.uuid) or key.lower() == group.name.lower():
            return group
    return None


def _translated(
    value: object, short: type, read: Callable[[Any], T], workspace: Workspace
) -> dict[str, T]:
    """Read a dictionary by language; a value of the type `short` is in the first language."""
    if isinstance(value, short):
        value = {workspace.language: value}
    if not isinstance(value, dict):
        raise Refused([f'Expected a dictionary of items but got type "{type(value).__name__}".'])
    if not value:
        raise Refused(["This dictionary may not be empty."])
    if len(value) > MOST_LANGUAGES:
        raise Refused([f"Ensure this field has no more than {MOST_LANGUAGES} elements."])
    translations = _each(value, lambda language: read(_not_null(value[language])))
    _each(value, _language)
    return translations


def _attachments(workspace: Workspace, value: object) -> list[Media]:
    found = []
    for key in _list(value, MOST_ATTACHMENTS):
        match = _UUID.search(str(key))
        wanted = UUID(match.group()) if match else None
        media = next((media for media in workspace.media if media.uuid == wanted), None)
        if media is None:
            raise Refused([f"No such object: {key}"])
        found.append(media)
    return found


def _quick_replies(value: object) -> list[dict[str, str]]:
    items = {str(index): item for index, item in enumerate(_list(value, MOST_QUICK_REPLIES))}
    return list(_each(items, lambda index: _quick_reply(items[index])).values())


def _quick_reply(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        detail = f"Invalid data. Expected a dictionary, but got {type(value).__name__}."
        raise Refused({"non_field_errors": [detail]})
    readers: dict[str, Callable[[Any], str]] = {
        "type": _quick_reply_type,
        "text": lambda text: _text(text, LONGEST_QUICK_REPLY),
        "extra": lambda extra: _text(extra, LONGEST_EXTRA),
    }
    known = {name: given for name, given in value.items() if name in readers and given is not None}
    read = {"type": "text", **_each(known, lambda name: readers[name](known[name]))}
    if read["type"] == "text" and "text" not in read:
        detail = "Quick replies of type 'text' require a 'text' value."
        raise Refused({"non_field_errors": [detail]})
    return read


def _quick_reply_type(value: object) -> str:
    if not isinstance(value, str) or value not in _QUICK_REPLY_TYPES:
        raise Refused([f'"{value}" is not a valid choice.'])
    return value
