"""The base class of providers that are called over HTTP."""

from typing import Any, ClassVar

import attrs

from polycast.config.settings import ProviderSettings
from polycast.errors import PolycastError
from polycast.model.messages import Broadcast, Message, State
from polycast.wire import Answer, Auth, Client, NoAuth, Retry, Transport, judge_by_status

__all__ = ["HttpProvider"]


class HttpProvider:
    """A provider that is called over HTTP through a generated client.

    A subclass sets `name`, `Api`, `Settings` and `features`, and adds hooks. It overrides what
    differs: `auth`, `classify_response`, `address`, `retry`::

        class Acme(HttpProvider):
            settings: Settings          # for type checkers: what the base class sets
            api: Client

            name = "acme"
            Api = Client                # of polycast_acme._client
            Settings = Settings
            features = Features(channels=("sms",))

            def auth(self) -> Auth:
                return Client.SECURITY["token"].auth(self.settings.token)

            @hookimpl
            def send(self, message: Message) -> Receipt:
                return to_receipt(self.api.create_message(to_new_message(message)), message)
    """

    #: The provider's name, as its entry point has it.
    name: ClassVar[str]
    #: The class of the generated client.
    Api: ClassVar[type[Client]]
    #: How soon a call is repeated that may be; how often, the settings say.
    retry: ClassVar[Retry] = Retry()

    #: The account's settings.
    settings: Any
    #: The generated client.
    api: Any

    def __init__(self, settings: ProviderSettings) -> None:
        """Make the client of one account; nothing is connected before the first call.

        Raises:
            SettingsError: the address cannot be part of a URL.
        """
        self.settings = settings
        transport = Transport(
            self.name,
            auth=self.auth(),
            timeout=settings.timeout,
            deadline=settings.deadline,
            judge=self.classify_response,
            retry=attrs.evolve(self.retry, attempts=settings.attempts),
            connections=settings.connections,
        )
        self.api = self.Api(transport, **self.address())

    def auth(self) -> Auth:
        """Return what adds the credentials of the settings to each request; none by default."""
        return NoAuth()

    @staticmethod
    def classify_response(answer: Answer) -> PolycastError | None:
        """Return the error that an answer is, or None; by its HTTP status by default."""
        return judge_by_status(answer)

    def address(self) -> dict[str, Any]:
        """Return `base_url` and `variables` of the client, see `wire.Client`."""
        return {"base_url": self.settings.base_url}

    def close(self) -> None:
        """Close the connections."""
        self.api.transport.close()

    def accepted_state(self, request: Message | Broadcast) -> State:
        """Return the state of what was accepted: SCHEDULED before `send_at`, else QUEUED."""
        later = request.send_at is not None and request.send_at > self.api.transport.now
        return State.SCHEDULED if later else State.QUEUED
