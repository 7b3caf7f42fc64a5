"""The root of hosted sandboxes: an inbox page, a way to switch faults on, and the sandboxes."""

from collections.abc import Iterable, Mapping
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, Forbidden, HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from polycast.sandbox.fake import Arrived, Sandbox, read_json
from polycast.sandbox.faults import KINDS, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["LOOPBACK", "Site"]

#: How many arrived messages of each provider the page shows.
_SHOWN = 100

#: The only address that is served, and what it is called in URLs.
LOOPBACK = "127.0.0.1"
_LOCAL = (LOOPBACK, "localhost")

_URLS = Map(
    [
        Rule("/", endpoint="index", methods=["GET"]),
        Rule("/_sandbox/<name>/faults", endpoint="faults", methods=["POST", "DELETE"]),
    ]
)


class Site:
    """Everything that is served, as one WSGI application.

    `GET /` shows what arrived. `POST /_sandbox/<name>/faults` lets something go wrong
    with the next requests to a sandbox, told as JSON:

        {"kind": "throttle", "retry_after": 2, "times": 3, "operation": "create_broadcast"}

    The kinds and their fields are those of `polycast.sandbox.faults`; `DELETE` forgets the
    faults that have not happened yet.

    Web pages of others are kept out: a request has to name this machine as its host, and one of
    a browser has to come from a page of this site, or from none.

    Args:
        sandboxes: the sandboxes by name; each is mounted below its name.
    """

    def __init__(self, sandboxes: Mapping[str, Sandbox]) -> None:
        self._sandboxes = sandboxes
        self._app = DispatcherMiddleware(
            self._own_pages, {f"/{name}": sandbox for name, sandbox in sandboxes.items()}
        )

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request: the WSGI protocol."""
        try:
            _refuse_strangers(Request(environ))
        except HTTPException as error:
            return _refusal(error)(environ, start_response)
        return self._app(environ, start_response)

    def _own_pages(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        try:
            endpoint, values = _URLS.bind_to_environ(environ).match()
            request = Request(environ)
            response = self._index() if endpoint == "index" else self._faults(request, **values)
        except HTTPException as error:
            response = _refusal(error)
        return response(environ, start_response)

    def _index(self) -> Response:
        sections = "".join(_section(self._sandboxes[name]) for name in sorted(self._sandboxes))
        return Response(_PAGE.replace("{sections}", sections), mimetype="text/html")

    def _faults(self, request: Request, name: str) -> Response:
        sandbox = self._sandboxes.get(name)
        if sandbox is None:
            raise BadRequest(f"There is no sandbox {name!r}; there are {_listed(self._sandboxes)}.")
        if request.method == "DELETE":
            sandbox.faults.clear()
            return Response(status=HTTPStatus.NO_CONTENT)
        fault, times, operation = _read_fault(request)
        try:
            sandbox.faults.add(fault, times=times, operation=operation)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return Response(status=HTTPStatus.NO_CONTENT)


def _refuse_strangers(request: Request) -> None:
    """Refuse what a page of another site makes a browser send.

    Raises:
        Forbidden: the host is another name that leads to this machine (DNS rebinding), or the
            request comes from another origin.
    """
    host = request.headers.get("Host", LOOPBACK).lower()
    if host.partition(":")[0] not in _LOCAL:
        raise Forbidden(f"{host!r} is not this sandbox: ask for {' or '.join(_LOCAL)}.")
    origin = request.headers.get("Origin", f"http://{host}")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if origin.lower() != f"http://{host}" or site not in ("none", "same-origin"):
        raise Forbidden(f"The request comes from another site: open http://{host}/ itself.")


def _refusal(error: HTTPException) -> Response:
    return Response(f"{error.description}\n", error.code, mimetype="text/plain")


def _read_fault(request: Request) -> tuple[Fault, int, str | None]:
    """Read a fault, and to which requests it happens, from the JSON of a request."""
    try:
        told = read_json(request.get_data())
    except ValueError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from error
    if not isinstance(told, dict):
        raise BadRequest("The body is not a JSON object.")
    kind = KINDS.get(str(told.pop("kind", "")))
    if kind is None:
        raise BadRequest(f"A fault needs a kind, one of {_listed(KINDS)}.")
    times, operation = told.pop("times", 1), told.pop("operation", None)
    if not isinstance(times, int) or not isinstance(operation, str | None):
        raise BadRequest("times is a whole number and operation a string.")
    try:
        return kind(**told), times, operation
    except (TypeError, ValueError) as error:
        raise BadRequest(f"This is not how {kind.kind} is told: {error}.") from error


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _section(sandbox: Sandbox) -> str:
    """Show what arrived at one provider's recipients, latest first."""
    inbox, accepted = sandbox.inbox, sandbox.accepted
    rows = "".join(map(_row, inbox[: -_SHOWN - 1 : -1]))
    if not rows:
        rows = '<tr><td colspan="4" class="none">Nothing yet.</td></tr>'
    return (
        f"<section><h2>{escape(sandbox.name)}</h2>"
        f"<p>{len(inbox)} arrived of {len(accepted)} accepted,"
        f" {len(sandbox.requests)} requests</p>"
        "<table><thead><tr><th>at (UTC)<th>to<th>from<th>text</tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _row(message: Arrived) -> str:
    cells = (f"{message.at:%H:%M:%S}", message.to, message.sender, message.text)
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>Polycast sandbox</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; color: #222 }
body { margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin: 2rem 0 0 }
p { margin: 0 0 .5rem; color: #666 }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; border-bottom: 2px solid #ccc }
td, th { padding: .25rem .75rem .25rem 0; vertical-align: top }
td { border-bottom: 1px solid #eee }
td:last-child { white-space: pre-wrap; overflow-wrap: anywhere }
.none { color: #888 }
</style>
</head>
<body>
<h1>Polycast sandbox</h1>
<p>What arrived at the recipients. Nothing here left this machine.</p>
{sections}
</body>
</html>
"""
