"""A provider over HTTP with its sandbox, and with defects that a test can choose."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import attrs
import requests
from polycast import (
    Action,
    AuthenticationFailed,
    Broadcast,
    BulkReceipt,
    Features,
    Message,
    OutcomeUnknown,
    Personalisation,
    ProviderSettings,
    Receipt,
    Rejected,
    Secret,
    State,
    Status,
    hookimpl,
)
from polycast.sandbox import Accepted, Call, Clock, Sandbox, SimulatedOutcome
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

#: What the provider does wrongly; "" for nothing.
defect = ""


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    token: Secret


@attrs.define(eq=False)
class Acme:
    settings: Settings

    Settings = Settings
    features = Features(
        channels=("sms",),
        personalisation=Personalisation.TEXTS,
        actions=frozenset({Action.PAUSE, Action.RESUME, Action.STOP}),
    )

    @hookimpl
    def send(self, message: Message) -> Receipt:
        answer = self._post("broadcasts", [[message.to, message.text]])
        return Receipt(answer["id"], State.QUEUED, message.to)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        texts = [[each.to, broadcast.text_for(each)] for each in broadcast.recipients]
        if defect == "mixes texts up":
            texts[0][1], texts[1][1] = texts[1][1], texts[0][1]
        answer = self._post("broadcasts", texts)
        receipts = tuple(
            Receipt(None, State.QUEUED, each.to, each.reference) for each in broadcast.recipients
        )
        return BulkReceipt(answer["id"], State.QUEUED, receipts)

    @hookimpl
    def status(self, id: str) -> Status:
        answer = requests.get(f"{self.settings.base_url}/broadcasts/{id}", timeout=60).json()
        state = State(answer["state"])
        return Status(id, state, final=state is State.SENT)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        if defect != "obeys in words only":
            self._post(f"broadcasts/{id}/{action}", [])
        return Status(id, {Action.PAUSE: State.PAUSED}.get(action, State.CANCELLED))

    def _post(self, path: str, body: Any) -> Any:
        url = f"{self.settings.base_url}/{path}"
        token = self.settings.token.reveal()
        if defect == "sends with any token":
            token = "acme-token"
        for left in (1, 0):
            try:
                answer = requests.post(url, json=body, headers={"Token": token}, timeout=60)
            except requests.RequestException:
                if defect == "repeats blindly" and left:
                    continue
                raise OutcomeUnknown("no reply", provider="acme", operation=path) from None
            break
        if answer.status_code == 403:
            raise AuthenticationFailed(answer.text, provider="acme", operation=path)
        if answer.status_code == 400:
            raise Rejected(answer.text, provider="acme", operation=path)
        return answer.json()


@attrs.define
class Job:
    texts: list[list[str]]
    start: datetime
    paused: bool = False
    stopped: bool = False
    sent: dict[int, datetime] = attrs.Factory(dict)

    def state(self) -> State:
        if self.stopped:
            return State.CANCELLED
        if len(self.sent) == len(self.texts):
            return State.SENT
        return State.PAUSED if self.paused else State.SENDING


class AcmeSandbox(Sandbox):
    """Sends four messages a second."""

    name = "acme"
    urls = Map(
        [
            Rule("/broadcasts", endpoint="create", methods=["POST"]),
            Rule("/broadcasts/<int:number>", endpoint="tell", methods=["GET"]),
            Rule("/broadcasts/<int:number>/<action>", endpoint="act", methods=["POST"]),
        ]
    )

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.jobs: list[Job] = []

    @classmethod
    def base_url(cls, root: str) -> str:
        return root

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {"token": "acme-token", "timeout": 5.5}

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        for number, job in enumerate(self.jobs):
            self._move(job)
            for place, (to, text) in enumerate(job.texts):
                yield (
                    Accepted(to, text, "", job.start, f"{number}-{place}"),
                    job.sent.get(place),
                )

    def answer(self, call: Call) -> Response:
        if call.request.method == "POST" and call.request.headers["Token"] != "acme-token":
            return Response("No such token", 403)
        return super().answer(call)

    def unroutable(self, request: Any, error: HTTPException) -> Response:
        return Response("Not found", 404)

    def create(self, call: Call) -> Response:
        texts = json.loads(call.request.get_data())
        if any(SimulatedOutcome.of(to) is SimulatedOutcome.REFUSED for to, _ in texts):
            return Response("No such number", 400)
        self.jobs.append(Job(texts, self.clock.now()))
        return self._tell(len(self.jobs) - 1)

    def tell(self, call: Call) -> Response:
        return self._tell(call.values["number"])

    def act(self, call: Call) -> Response:
        job = self.jobs[call.values["number"]]
        self._move(job)
        if call.values["action"] == "resume":
            job.start = self.clock.now() - len(job.sent) * timedelta(seconds=0.25)
        job.paused = call.values["action"] == "pause"
        job.stopped = call.values["action"] == "stop"
        return self._tell(call.values["number"])

    def _move(self, job: Job) -> None:
        for place in range(len(job.texts)):
            at = job.start + (place + 1) * timedelta(seconds=0.25)
            if at <= self.clock.now() and not job.paused and not job.stopped:
                job.sent.setdefault(place, at)

    def _tell(self, number: int) -> Response:
        self._move(self.jobs[number])
        body = {"id": str(number), "state": self.jobs[number].state()}
        return Response(json.dumps(body), mimetype="application/json")
