"""`polycast balance`."""

import typer

from polycast.cli.exits import ExitCode
from polycast.cli.options import Json, Profile
from polycast.cli.session import Session

__all__ = ["balance"]


def balance(ctx: typer.Context, profile: Profile, json: Json = False) -> int:
    """Ask the provider what is left on the account, where it tells."""
    session: Session = ctx.obj
    with (
        session.connect(profile) as client,
        session.screen.busy(f"Asking {client.provider_name} ..."),
    ):
        found = client.balance()
    if json:
        session.screen.json(
            {
                "amount": f"{found.amount:f}",
                "currency": found.currency,
                "channels": {name: f"{amount:f}" for name, amount in found.channels.items()},
            }
        )
        return ExitCode.DONE
    unit = f" {found.currency}" if found.currency else ""
    alone = {f"for {name}": f"{amount:,f}{unit}" for name, amount in found.channels.items()}
    session.screen.facts({"balance": f"{found.amount:,f}{unit}", **alone})
    return ExitCode.DONE
