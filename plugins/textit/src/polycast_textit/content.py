"""What a broadcast says, in TextIt's terms: text, attachments and buttons, by language or not."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import attrs
from polycast import Broadcast, Message, Unsupported, UsageError
from polycast.wire import UNSET

from polycast_textit._client import models as m
from polycast_textit.options import Options, QuickReply

__all__ = ["Content", "to_content"]

T = TypeVar("T")

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
#: A content type, a colon and an address with the UUID of a medium that TextIt holds.
_HELD = re.compile(rf"[a-z]+/[a-z0-9.+-]+:https?://\S*{_UUID}\S*", re.IGNORECASE)

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
            text=UNSET if self.text is None else self.text,
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
            raise UsageError(
                f"{name} has {len(each)} characters; textit takes {longest} "
                "(the setting max_text_length)."
            )
    if isinstance(asked, Broadcast):
        _check_placeholders(asked, options)
    for item in asked.media:
        if isinstance(item, str) and not _HELD.fullmatch(item):
            raise Unsupported(
                f"textit attaches only files that it holds, not the address {item!r}: give a "
                "local file as pathlib.Path, which is uploaded first, or the UUID of a file it "
                "holds in polycast_textit.Options(attachments=[...])."
            )
    named = options.attachments
    attached = any(named.values()) if isinstance(named, Mapping) else bool(named)
    if text is None and not asked.media and not attached:
        raise UsageError("There is nothing to say: give a text, or something to attach.")
    if asked.media and isinstance(named, Mapping) and isinstance(text, str):
        raise UsageError(
            "Attachments by language beside media need a text by language: give base_language."
        )
    return Content(text, options.base_language, asked.media, named, options.quick_replies)


def _text(text: str | None, options: Options) -> str | dict[str, str] | None:
    base = options.base_language
    translations = options.translations
    if text is None:
        if base is not None and base not in translations:
            # TextIt's server answers a base language without its text with HTTP 500.
            raise UsageError(
                f"There is no text in the base language {base!r}: give text, or translate into it."
            )
        return dict(translations) or None
    if base is None:
        if translations:
            raise UsageError(
                "A text beside translations needs its language: give base_language, e.g. 'eng'."
            )
        return text
    if base in translations:
        raise UsageError(
            f"There are two texts in {base!r}: text is the one in the base language, so leave "
            "it out of the translations."
        )
    return {base: text, **translations}


def _check_placeholders(broadcast: Broadcast, options: Options) -> None:
    names = {name for recipient in broadcast.recipients for name in recipient.variables}
    for language, text in options.translations.items():
        for name in sorted(names):
            if "{" + name + "}" in text:
                raise UsageError(
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
            type_=UNSET if reply.type is None else reply.type,
            text=UNSET if reply.text is None else reply.text,
            extra=UNSET if reply.extra is None else reply.extra,
        )
        for reply in replies
    ]
