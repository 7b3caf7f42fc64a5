"""A message or broadcast as the request that TextIt takes for it: text, files, buttons."""

import hashlib
import mimetypes
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import attrs
from polycast import Broadcast, Message, errors
from polycast.providers import unset_if_none
from polycast.wire import UNSET, File

from polycast_textit._client import Client
from polycast_textit._client import models as m
from polycast_textit.options import Options, QuickReply
from polycast_textit.recipients import UUID

T = TypeVar("T")

#: A content type, a colon and an address with the UUID of a medium that TextIt holds.
_HELD = re.compile(rf"[a-z]+/[a-z0-9.+-]+:https?://\S*{UUID.pattern}\S*", re.IGNORECASE)

_ByLanguage = Sequence[T] | Mapping[str, Sequence[T]]


@attrs.frozen
class Content:
    """What is to be said, checked, and complete but for the files that are still here.

    Args:
        text: one text, or texts by language; None when there is none.
        base_language: the language whose text stands in for missing ones.
        media: files to upload, and references to what TextIt holds, in the order given.
        attachments: references that `Options` names, for every language or by language.
        quick_replies: buttons, for every language or by language.
    """

    text: str | dict[str, str] | None
    base_language: str | None
    media: tuple[str | Path, ...]
    attachments: _ByLanguage[str]
    quick_replies: _ByLanguage[QuickReply]

    def encode(
        self, addresses: Mapping[str, list[str]], upload: Callable[[Sequence[Path]], list[str]]
    ) -> m.NewBroadcast:
        """Return the broadcast to create; only now are the files uploaded.

        Args:
            addresses: by the field they belong to: `urns`, `contacts`, `groups`.
            upload: takes files and returns the UUIDs that TextIt knows them by.
        """
        held = iter(upload([item for item in self.media if isinstance(item, Path)]))
        media = [next(held) if isinstance(item, Path) else item for item in self.media]
        replies = _spread([], self.quick_replies, self.text)
        return m.NewBroadcast(
            urns=addresses.get("urns", UNSET),
            contacts=addresses.get("contacts", UNSET),
            groups=addresses.get("groups", UNSET),
            text=unset_if_none(self.text),
            attachments=_spread(media, self.attachments, self.text) or UNSET,
            quick_replies=(
                {language: _buttons(replies[language]) for language in replies}
                if isinstance(replies, dict)
                else _buttons(replies)
            )
            or UNSET,
            base_language=self.base_language or UNSET,
        )


def to_content(asked: Message | Broadcast, longest: int) -> Content:
    """Return what a message or broadcast says, before any request.

    Args:
        asked: what is to be sent; a broadcast's placeholders are already filled in.
        longest: the most characters (code points) a text may have.

    Raises:
        UsageError: there is nothing to say, or TextIt could not be told it.
        Unsupported: a medium that TextIt does not hold and Polycast cannot upload.
    """
    options = asked.options if isinstance(asked.options, Options) else Options()
    text = _text(asked.text, options)
    for language, each in text.items() if isinstance(text, Mapping) else [(None, text or "")]:
        if len(each) > longest:
            name = f"The text in {language!r}" if language else "The text"
            raise errors.UsageError(
                f"{name} has {len(each)} characters; textit takes {longest} "
                "(the setting max_text_length)."
            )
    if isinstance(asked, Broadcast):
        _check_placeholders(asked, options)
    for item in asked.media:
        if isinstance(item, str) and not _HELD.fullmatch(item):
            raise errors.Unsupported(
                f"textit attaches only files that it holds, not the address {item!r}: give a "
                "local file as pathlib.Path, which is uploaded first, or the UUID of a file it "
                "holds in polycast_textit.Options(attachments=[...])."
            )
    named = options.attachments
    attached = any(named.values()) if isinstance(named, Mapping) else bool(named)
    if text is None and not asked.media and not attached:
        raise errors.UsageError("There is nothing to say: give a text, or something to attach.")
    if asked.media and isinstance(named, Mapping) and isinstance(text, str):
        raise errors.UsageError(
            "Attachments by language beside media need a text by language: give base_language."
        )
    return Content(text, options.base_language, asked.media, named, options.quick_replies)


def _text(text: str | None, options: Options) -> str | dict[str, str] | None:
    base = options.base_language
    translations = options.translations
    if text is None:
        if base is not None and base not in translations:
            # TextIt's server answers a base language without its text with HTTP 500.
            raise errors.UsageError(
                f"There is no text in the base language {base!r}: give text, or translate into it."
            )
        return dict(translations) or None
    if base is None:
        if translations:
            raise errors.UsageError(
                "A text beside translations needs its language: give base_language, e.g. 'eng'."
            )
        return text
    if base in translations:
        raise errors.UsageError(
            f"There are two texts in {base!r}: text is the one in the base language, so leave "
            "it out of the translations."
        )
    return {base: text, **translations}


def _check_placeholders(broadcast: Broadcast, options: Options) -> None:
    names = {name for recipient in broadcast.recipients for name in recipient.variables}
    for language, text in options.translations.items():
        for name in sorted(names):
            if "{" + name + "}" in text:
                raise errors.UsageError(
                    f"The translation into {language!r} holds {{{name}}}, which would go out as it "
                    "stands: only text has placeholders; TextIt fills in @contact.name itself."
                )


def _spread(
    common: Iterable[T], given: _ByLanguage[T], text: str | dict[str, str] | None
) -> list[T] | dict[str, list[T]]:
    """Put what holds for every language under each: a plain list would land in one alone.

    TextIt takes a plain list to belong to the workspace's first flow language, as it does with
    a plain text, so the list stays plain only where there are no languages.
    """
    if not isinstance(given, Mapping):
        whole = [*common, *given]
        if not isinstance(text, Mapping) or not whole:
            return whole
        return {language: list(whole) for language in text}
    languages = dict.fromkeys([*(text if isinstance(text, Mapping) else ()), *given])
    shared = list(common)
    lists = {language: [*shared, *given.get(language, ())] for language in languages}
    return {language: items for language, items in lists.items() if items}


def _buttons(replies: Iterable[QuickReply]) -> list[m.QuickReply]:
    return [
        m.QuickReply(
            type_=unset_if_none(each.type),
            text=unset_if_none(each.text),
            extra=unset_if_none(each.extra),
        )
        for each in replies
    ]


# Local files: each is uploaded once.

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
        except (errors.OutcomeUnknown, errors.ProviderUnavailable) as error:
            # At worst a file lies there that no message has: nobody was sent anything.
            raise errors.ProviderUnavailable(
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
        raise errors.UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    if size > LARGEST:
        raise errors.UsageError(
            f"The file {path} has {size / 2**20:.1f} MB: textit takes at most 25 MB per file."
        )
    if not size:
        raise errors.UsageError(f"The file {path} is empty: there is nothing to attach.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise errors.UsageError(f"The file {path} cannot be read: {error.strerror}.") from None


# Values of recipients in texts that TextIt evaluates: kept from being expressions.

#: A doubled @, the beginning of an expression in brackets, a name after @, and a lone @.
_TOKEN = re.compile(r"@@|@\(|@[\w.]+|@")
#: What a name has to begin with, or TextIt leaves it alone, as in an e-mail address.
_NAMES = (
    "child", "contact", "fields", "globals", "input", "legacy_extra", "locals", "node", "parent",
    "results", "resume", "run", "ticket", "trigger", "urns", "webhook",
)  # fmt: skip


def escape(value: str, before: str) -> str:
    """Return a value so that TextIt sends it as it stands: each @ is doubled.

    Args:
        value: what stands in the recipient's row.
        before: the text up to it, in which the author's expressions stay what they are.

    Raises:
        UsageError: it would become a part of an expression of the author's.

    Source: goflow's scanner of templates, which RapidPro evaluates broadcasts with.
    """
    escaped = value.replace("@", "@@")
    place = 0
    while (found := _TOKEN.search(before, place)) is not None:
        place = found.end()
        if found[0] == "@(":
            place = _end_of_brackets(before, place)
            if place > len(before):
                raise errors.UsageError(
                    "a placeholder stands inside of an expression, @(...): TextIt would evaluate "
                    "its value; put the placeholder outside of it"
                )
        elif place == len(before) and found[0] == "@":
            # The author's own sign, and none of an expression's.
            return f"@{escaped}"
        elif place == len(before) and found[0] != "@@" and _goes_on(found[0][1:], value):
            raise errors.UsageError(
                f"a value that begins with {value[0]!r} follows the expression {found[0]}, and "
                f"would become a part of it; write @({found[0][1:].rstrip('.')}) in the text"
            )
    return escaped


def _end_of_brackets(text: str, place: int) -> int:
    """Return the place after the bracket that ends an expression; beyond the text if none does."""
    depth = 1
    for index in range(place, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if not depth:
            return index + 1
    return len(text) + 1


def _goes_on(name: str, value: str) -> bool:
    first, dot, _ = name.lower().partition(".")
    known = first in _NAMES if dot else any(each.startswith(first) for each in _NAMES)
    return known and re.match(r"[\w.]", value) is not None
