"""What else in a ledger has an id at a provider: an id belongs to one message, or to one call."""

from sqlalchemy import Connection, and_, select

from polycast.campaign import schema

__all__ = ["owner_of_id"]

_b, _s = schema.batches.c, schema.sends.c


def owner_of_id(
    connection: Connection,
    provider: str,
    provider_id: str,
    *,
    but_batch: tuple[str, int] = ("", 0),
    but_message: str = "",
) -> str | None:
    """Return the name of another batch or single message with this id, if there is one.

    Args:
        connection: of a transaction.
        provider: whose id it is.
        provider_id: the id.
        but_batch: the campaign and the number of a batch that is passed over.
        but_message: the id in the ledger of a single message that is passed over.
    """
    campaign, number = but_batch
    batch = connection.execute(
        select(_b.campaign, _b.number)
        .join(schema.campaigns, schema.campaigns.c.id == _b.campaign)
        .where(
            schema.campaigns.c.provider == provider,
            _b.provider_id == provider_id,
            ~and_(_b.campaign == campaign, _b.number == number),
        )
        .limit(1)
    ).one_or_none()
    if batch is not None:
        return f"batch {batch.number} of {batch.campaign}"
    single = connection.execute(
        select(_s.key)
        .where(_s.provider_id == provider_id, _s.provider == provider, _s.id != but_message)
        .limit(1)
    ).one_or_none()
    if single is None:
        return None
    return f"the message with the key {single.key!r}" if single.key else "another message"
