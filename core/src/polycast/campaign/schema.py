"""The tables of the ledger.

They hold what is needed to send, and to tell afterwards what became of it: addresses, texts
and variables are there, credentials never are. No row is of a single recipient, but of those
left out: a million rows and their indexes would take longer than everything else together.
"""

import re

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)
from sqlalchemy import Text as PlainText
from sqlalchemy.engine import Dialect

__all__ = ["VERSION", "about", "accounts", "batches", "campaigns", "dropped", "keepable", "keys",
           "metadata", "outcomes", "owners", "people", "pushed", "sends",
           "suppressions"]  # fmt: skip

#: Of the tables; a ledger of another version is not touched.
VERSION = 6

#: What not every database keeps: PostgreSQL no NUL, and none half of a surrogate pair, which is
#: what a provider leaves of a sign when it cuts its words off.
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")


def keepable(text: str) -> str:
    """Return a text as every database keeps it."""
    return _NOT_KEPT.sub("\N{REPLACEMENT CHARACTER}", text)


class Text(TypeDecorator[str]):
    """Text of anybody's: what cannot be kept of it is replaced, and costs nothing else."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Mend what is written or compared."""
        return None if value is None else keepable(value)


metadata = MetaData()

about = Table("polycast_ledger", metadata, Column("version", Integer, primary_key=True))

#: One per campaign. `content` is the broadcast without its recipients, as JSON; `list_digest`
#: stands for the recipients, once all are written; `owner` is the process that plans it;
#: `failures` counts the batches that failed since the last one that was accepted; `hours` is when
#: it may be submitted, by the clocks of its recipients; `suppressed_at` is up to when it has left
#: out whom the suppression list names, null if it does not.
campaigns = Table(
    "polycast_campaigns",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("name", Text),
    Column("content", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Text),
    Column("grouped", Integer, nullable=False),
    Column("batch_size", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("key", Text),
    Column("list_digest", LargeBinary(16)),
    Column("owner", String(32), nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("hours", Text),
    Column("suppressed_at", DateTime(timezone=True)),
)

#: Each key is used once in a ledger: `holder` is the campaign or the single message that has it.
#: A key outlives a campaign that was removed, so that nothing is sent again.
keys = Table(
    "polycast_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("holder", String(16), nullable=False),
    sqlite_with_rowid=False,
)

#: One per single message. `content` is the message, as JSON; `address` is what all spellings of
#: its recipient share. `attempt` grows with each call to the provider, so that the answer to an
#: earlier one is known as such. `machine` and `process` say who makes the call, and `claimed_until`
#: when it is over for certain. `answered` is 1 if the answer to a call in doubt was a success (2xx)
#: that could not be read, and `absent_at` is when the provider first said that it does not have
#: the message. `receipt` is the answer to the call, and `report` what was told later, as JSON.
sends = Table(
    "polycast_sends",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key", Text),
    Column("provider", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("machine", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("claimed_until", DateTime(timezone=True), nullable=False),
    Column("answered", Integer, nullable=False),
    Column("absent_at", DateTime(timezone=True)),
    Column("provider_id", Text),
    Column("receipt", Text),
    Column("report", Text),
    Column("detail", Text),
    Column("posted", Integer, nullable=False, server_default="0"),
    Index("polycast_send_addresses", "address"),
    Index("polycast_outbox", "posted", "state", "submitted_at"),
    Index("polycast_send_ids", "provider_id"),
)

#: One row per call to the provider. `first` and `last` are the places of its first and last
#: recipient in the list; `counts` is JSON: how many recipients have a result of their own, by
#: state; `zones` are the time zones of all its recipients, with blanks between them, where the
#: campaign has hours. `provider_state` of a batch in doubt is UNKNOWN if the answer to its call was
#: a success (2xx) that could not be read.
batches = Table(
    "polycast_batches",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("owner", String(32)),
    Column("submitted_at", DateTime(timezone=True)),
    Column("provider_id", Text),
    Column("provider_state", String(16)),
    Column("provider_final", Integer, nullable=False, server_default="0"),
    Column("detail", Text),
    Column("counts", Text),
    Column("zones", Text),
    Index("polycast_progress", "campaign", "state", "first", "number", "size"),
    Index("polycast_provider_ids", "provider_id"),
    sqlite_with_rowid=False,
)

#: The recipients of a batch, as `RecipientBatch` writes them. They never change: a batch that is
#: divided is replaced by batches with new numbers.
people = Table(
    "polycast_people",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("people", LargeBinary, nullable=False),
)

#: Results of single recipients of a batch, as `RecipientResults` writes it.
outcomes = Table(
    "polycast_outcomes",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("outcomes", LargeBinary, nullable=False),
)

#: Reports that a provider has pushed, as JSON, until they are noted in `outcomes`; the same one
#: is kept once.
pushed = Table(
    "polycast_pushed",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("digest", LargeBinary(16), primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("report", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: People who were left out, and why; `position` is their place in the list.
dropped = Table(
    "polycast_dropped",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: Addresses that must not be written to, one spelling of each, and why; `added_at` is since when,
#: and `noted_at` when that was written here.
suppressions = Table(
    "polycast_suppressions",
    metadata,
    Column("address", Text, primary_key=True),
    Column("reason", Text),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("noted_at", DateTime(timezone=True), nullable=False),
    sqlite_with_rowid=False,
)

#: How much of an account's time is taken by all who run its campaigns, as `limiter.Pace` has it;
#: moments are seconds since 1970, `counted` is when it was written.
accounts = Table(
    "polycast_accounts",
    metadata,
    Column("account", Text, primary_key=True),
    Column("busy_until", Float, nullable=False),
    Column("held_until", Float, nullable=False),
    Column("held_since", Float),
    Column("holds", Integer, nullable=False),
    Column("counted", Float, nullable=False),
)

#: Processes that run campaigns. One whose process is gone, or silent for too long, owns nothing.
owners = Table(
    "polycast_owners",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("heartbeat", Float, nullable=False),
)
