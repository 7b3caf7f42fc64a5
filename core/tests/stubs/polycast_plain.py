"""A provider that can only send, by a form that is answered in plain text; nothing is generated."""

import itertools
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs
import requests
import urllib3
from polycast import (
    AuthenticationFailed,
    Features,
    Message,
    NotFound,
    OutcomeUnknown,
    ProviderSettings,
    ProviderUnavailable,
    RateLimited,
    Receipt,
    Rejected,
    Secret,
    SettingsError,
    State,
    hookimpl,
)
from polycast.sandbox import Accepted, Call, Clock, Sandbox, SimulatedOutcome
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

_KINDS = {401: AuthenticationFailed, 403: AuthenticationFailed, 404: NotFound, 429: RateLimited}


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    key: Secret


@attrs.define(eq=False)
class Plain:
    settings: Settings

    Settings = Settings
    features = Features(channels=("sms",))

    @hookimpl
    def send(self, message: Message) -> Receipt:
        for _ in range(4):
            answer = self._post(message)
            if answer.status_code != 429 or float(answer.headers.get("Retry-After", 99)) > 1:
                break
            time.sleep(0.01)  # a test does not wait as long as it is asked to
        words = answer.text.replace(self.settings.key.reveal(), "***")
        if answer.status_code >= 500:
            raise ProviderUnavailable(words, provider="plain", http_status=answer.status_code)
        if answer.status_code >= 400:
            asked = answer.headers.get("Retry-After")
            raise _KINDS.get(answer.status_code, Rejected)(
                words,
                provider="plain",
                http_status=answer.status_code,
                retry_after=None if asked is None else float(asked),
            )
        if words.startswith("ERR: "):
            raise Rejected(words[5:], provider="plain", http_status=200)
        if not words.startswith("OK: "):
            raise OutcomeUnknown("it answered otherwise", provider="plain")
        return Receipt(words[4:], State.QUEUED, message.to, raw=words)

    def _post(self, message: Message) -> requests.Response:
        form = {"to": message.to, "text": message.text, "key": self.settings.key.reveal()}
        reached, words = True, "its answer was lost"
        try:
            return requests.post(
                f"{self.settings.base_url}/send", form, timeout=self.settings.timeout
            )
        except requests.exceptions.InvalidURL:
            raise SettingsError("base_url is no URL.") from None
        except requests.ConnectionError as error:
            reason = getattr(error.args[0], "reason", None) if error.args else None
            reached = not isinstance(reason, urllib3.exceptions.NewConnectionError)
        except requests.RequestException:
            words = "its answer did not come in time"
        if reached:
            raise OutcomeUnknown(words, provider="plain")
        raise ProviderUnavailable("nobody is there", provider="plain", safe_to_retry=True)


class PlainSandbox(Sandbox):
    """A fake of it."""

    name = "plain"
    urls = Map([Rule("/send", endpoint="send", methods=["POST"])])

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._sent: list[Accepted] = []
        self._numbers = itertools.count(1)

    @classmethod
    def base_url(cls, root: str) -> str:
        return root

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {"key": "plain-sandbox-key"}

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        for sent in self._sent:
            yield sent, sent.at + timedelta(seconds=1)

    def send(self, call: Call) -> Response:
        form = call.request.form
        if form.get("key") != "plain-sandbox-key":
            return Response("ERR: key", 401)
        if SimulatedOutcome.of(form["to"]) is SimulatedOutcome.REFUSED:
            return Response("ERR: no such number")
        number = str(next(self._numbers))
        sent = Accepted(form["to"], form["text"], "", self.clock.now(), number)
        self._sent.append(sent)
        return Response(f"OK: {number}")
