"""Foreign exceptions of plugins: whose they are, and how they are shown."""

import inspect
import traceback
from collections.abc import Mapping
from types import CodeType

import pluggy

from polycast.masking.redaction import Redactor, scrubbed

__all__ = ["failing_plugin", "masked_cause"]


def masked_cause(failure: BaseException, redactor: Redactor) -> BaseException:
    """Return a foreign exception, or a masked copy if it shows or holds a secret."""
    link: BaseException | None = failure
    while link is not None:
        told = f"{link!r} {link} {vars(link)!r}"
        # `requests` hangs the whole request on its exceptions.
        if redactor.text(told) != told or getattr(link, "request", None) is not None:
            return scrubbed(failure, redactor).with_traceback(failure.__traceback__)
        link = link.__cause__ or link.__context__
    return failure


def failing_plugin(
    manager: pluggy.PluginManager, labels: Mapping[int, str], error: BaseException
) -> str | None:
    """Return the label of the plugin that raised an error, or None if none of them did.

    Args:
        manager: has the plugins.
        labels: what sentences call them, by their `id()`.
        error: with its traceback.
    """
    by_code = _labels_by_code(manager, labels)
    found = None
    # The deepest frame that belongs to a plugin is where it came from: wrappers further out
    # stand in the traceback too, for it has passed them.
    for frame, _ in traceback.walk_tb(error.__traceback__):
        found = by_code.get(frame.f_code, found)
    return found


def _labels_by_code(
    manager: pluggy.PluginManager, labels: Mapping[int, str]
) -> dict[CodeType, str | None]:
    by_code: dict[CodeType, str | None] = {}
    for plugin in manager.get_plugins():
        for caller in manager.get_hookcallers(plugin) or []:
            for each in caller.get_hookimpls():
                code = getattr(inspect.unwrap(each.function), "__code__", None)
                if each.plugin is plugin and code is not None:
                    by_code[code] = labels.get(id(plugin))
    return by_code
