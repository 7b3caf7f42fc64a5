"""What only TextIt can be told: translations, attachments it holds, quick replies."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import attrs
from polycast import UsageError

T = TypeVar("T")


@attrs.frozen
class QuickReply:
    """A reply offered as a button; servers older than 2025 do not know them.

    Args:
        text: what the button says, at most 64 characters; may be left out of a location.
        type: `"text"`, `"form"`, `"url"` or `"location"`; TextIt takes it as text when left out.
        extra: what belongs to the type, e.g. the address of a `"url"`; at most 1000 characters.

    Source: RapidPro's broadcast serializer.
    """

    text: str | None = None
    type: str | None = attrs.field(default=None, kw_only=True)
    extra: str | None = attrs.field(default=None, kw_only=True)


def _texts(values: Mapping[str, str]) -> Mapping[str, str]:
    texts = dict(_pairs("translations", values))
    for language, text in texts.items():
        if not isinstance(text, str):
            raise UsageError(
                f"The translation into {language!r} is {type(text).__name__}: give it as a string."
            )
        if not text.strip():
            raise UsageError(f"The translation into {language!r} is empty: leave it out instead.")
    return texts


def _pairs(name: str, values: Mapping[str, T]) -> Iterable[tuple[str, T]]:
    if not isinstance(values, Mapping):
        raise UsageError(f"{name} maps languages to texts, e.g. {{'eng': 'Hello'}}.")
    for language in values:
        if not language or not isinstance(language, str):
            raise UsageError(
                f"{language!r} is not a language: write its three-letter code, e.g. 'eng'."
            )
    return values.items()


def _listed(name: str, values: Iterable[object], kind: type[T]) -> tuple[T, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise UsageError(f"{name} is a list, or maps languages to lists.")
    items = tuple(values)
    for item in items:
        if not isinstance(item, kind) or item == "":
            raise UsageError(f"{name} holds {item!r}, which is not a {kind.__name__}.")
    return items  # type: ignore[return-value]  # each was looked at


def _attachments(
    values: Iterable[str] | Mapping[str, Iterable[str]],
) -> tuple[str, ...] | dict[str, tuple[str, ...]]:
    if isinstance(values, Mapping):
        return {
            language: _listed("attachments", each, str)
            for language, each in _pairs("attachments", values)
        }
    return _listed("attachments", values, str)


def _quick_replies(
    values: Iterable[str | QuickReply] | Mapping[str, Iterable[str | QuickReply]],
) -> tuple[QuickReply, ...] | dict[str, tuple[QuickReply, ...]]:
    if isinstance(values, Mapping):
        return {language: _buttons(each) for language, each in _pairs("quick_replies", values)}
    return _buttons(values)


def _buttons(values: Iterable[str | QuickReply]) -> tuple[QuickReply, ...]:
    if not isinstance(values, str) and isinstance(values, Iterable):
        values = [QuickReply(each) if isinstance(each, str) else each for each in values]
    return _listed("quick_replies", values, QuickReply)


def _check_language(
    instance: object, attribute: "attrs.Attribute[str | None]", value: str | None
) -> None:
    if value is not None and (not value or not isinstance(value, str)):
        raise UsageError("base_language is a three-letter language code, e.g. 'eng'.")


@attrs.frozen(kw_only=True)
class Options:
    """TextIt's own words for a message or a broadcast.

    A text without options travels as a plain string, and TextIt takes it to be in the
    workspace's first flow language. With `base_language` it travels as the text in that
    language, beside the `translations`. Languages are ISO 639-3 codes of three letters.

    Texts go out as they stand: TextIt itself fills in `@contact.name` and its other
    expressions. Polycast's `{name}` placeholders belong to `Broadcast.text` alone.

    Args:
        translations: texts by language. TextIt picks each contact's own language.
        base_language: the language whose text stands in where a translation is missing.
            TextIt takes the first translation's when left out.
        attachments: UUIDs of media that TextIt already holds (or `content-type:url` with one
            in the URL), for every language or by language; at most 10 per language. Local
            files are simply given as `media`.
        quick_replies: buttons, for every language or by language; at most 10 per language.
            Plain strings are buttons with that text. Servers older than 2025 ignore them.

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty translation.

    Source: RapidPro's API guide, "Broadcasts Endpoint", and its broadcast serializer.
    """

    translations: Mapping[str, str] = attrs.field(factory=dict, converter=_texts, hash=False)
    base_language: str | None = attrs.field(default=None, validator=_check_language)
    attachments: Sequence[str] | Mapping[str, Sequence[str]] = attrs.field(
        default=(), converter=_attachments, hash=False
    )
    quick_replies: Sequence[QuickReply] | Mapping[str, Sequence[QuickReply]] = attrs.field(
        default=(), converter=_quick_replies, hash=False
    )
