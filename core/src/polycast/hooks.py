"""The contract between Polycast and a provider: four hooks, and a question asked before.

A provider is a class with a `Settings`, a `features` and these hooks, as far as the
provider goes; a hook it cannot honour is simply not there. Each connected client has a
plugin manager of its own, so a hook is only ever called for the account it was made for:
a provider never asks "is this mine?".

A provider that says hello, whole::

    import attrs
    from polycast import Features, Message, ProviderSettings, Receipt, State, hookimpl

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        greeting: str = "hello"

    @attrs.define(eq=False)
    class Hello:
        Settings = Settings
        features = Features(channels=("console",))
        settings: Settings

        @hookimpl
        def send(self, message: Message) -> Receipt:
            print(self.settings.greeting, message.to, message.text)
            return Receipt(id="1", state=State.SENT, to=message.to)

and in its `pyproject.toml`::

    [project.entry-points."polycast.providers"]
    hello = "my_package:Hello"
"""

import pluggy

from polycast.model import Action, Broadcast, BulkReceipt, Message, Receipt, Status

__all__ = ["ProviderHooks", "hookimpl", "hookspec"]

#: The name of the contract; both markers carry it.
PROJECT = "polycast"

#: Marks a method of a provider (or of a wrapper) as an implementation of a hook.
hookimpl = pluggy.HookimplMarker(PROJECT)
hookspec = pluggy.HookspecMarker(PROJECT)


class ProviderHooks:
    """The hooks. Every one may raise the errors of `polycast.errors`, and no others."""

    @hookspec
    def check(self, request: Message | Broadcast) -> None:
        """Refuse what this provider cannot be told, before any request; optional.

        Asked for every batch before the first one leaves, and by a dry run, so it must not
        reach the network. The client has already refused what `Features` rules out::

            @hookimpl
            def check(self, request: Message | Broadcast) -> None:
                to_acme_content(request)  # raises UsageError or Unsupported
        """

    @hookspec(firstresult=True)
    def send(self, message: Message) -> Receipt:
        """Send one message.

        The client has already refused what `Features` rules out, and asked `check`::

            @hookimpl
            def send(self, message: Message) -> Receipt:
                answer = self.api.create_message(to_acme(message))
                return to_receipt(answer, message)
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        """Send one broadcast in one call; `recipients` is a tuple within the bulk limit.

        Where `Features.personalisation` is NONE, every recipient of the tuple has the
        same text, already filled in as `broadcast.text`::

            @hookimpl
            def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
                answer = self.api.create_broadcast(to_acme_broadcast(broadcast))
                return to_bulk_receipt(answer, broadcast)
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def status(self, id: str) -> Status:
        """Tell how far a message or broadcast has come.

        `id` is one that a receipt gave out::

            @hookimpl
            def status(self, id: str) -> Status:
                return to_status(self.api.get_broadcast(id))
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def control(self, id: str, action: Action) -> Status:
        """Pause, resume, stop or delete a broadcast.

        Only actions in `Features.actions` arrive::

            @hookimpl
            def control(self, id: str, action: Action) -> Status:
                ACTIONS[action](self.api, id)
                return Status(id=id, state=AFTER[action])
        """
        raise NotImplementedError
