"""The tables of the ledger.

They hold what is needed to send, and to tell afterwards what became of it: addresses, texts
and variables are there, credentials never are.
"""

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
    Text,
    text,
)

__all__ = ["VERSION", "about", "batches", "campaigns", "dropped", "metadata", "owners",
           "recipients", "results"]  # fmt: skip

#: Of the tables; a ledger of another version is not touched.
VERSION = 1

metadata = MetaData()

about = Table("polycast_ledger", metadata, Column("version", Integer, primary_key=True))

#: One per campaign. `content` is the broadcast without its recipients, as JSON.
campaigns = Table(
    "polycast_campaigns",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("name", Text),
    Column("content", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("words", Text),
    Column("grouped", Integer, nullable=False),
    Column("batch_size", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

#: One per person kept; `position` is their place in the list as it was given, from 1.
#: `digest` is of address and text, by which duplicates are known; `grouping` is of the text,
#: where the provider takes one text per call.
recipients = Table(
    "polycast_recipients",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False),
    Column("variables", Text),
    Column("text", Text),
    Column("reference", Text),
    Column("digest", LargeBinary(16), nullable=False),
    Column("grouping", LargeBinary(16)),
    Index("polycast_duplicates", "campaign", "digest", unique=True),
    Index(
        "polycast_groups",
        "campaign",
        "grouping",
        "position",
        sqlite_where=text("grouping IS NOT NULL"),
        postgresql_where=text("grouping IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

#: People who were left out, and why.
dropped = Table(
    "polycast_dropped",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("words", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: One per call to the provider: the recipients from `first` to `last`, of one grouping.
batches = Table(
    "polycast_batches",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("grouping", LargeBinary(16)),
    Column("size", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("owner", String(32)),
    Column("submitted_at", DateTime(timezone=True)),
    Column("provider_id", Text),
    Column("provider_state", String(16)),
    Column("provider_final", Integer, nullable=False, server_default="0"),
    Column("words", Text),
    Index("polycast_progress", "campaign", "state", "number", "size"),
    Index("polycast_provider_ids", "provider_id"),
    sqlite_with_rowid=False,
)

#: What is known of single people beyond what is known of their batch.
results = Table(
    "polycast_results",
    metadata,
    Column("campaign", String(16), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("message_id", Text),
    Column("words", Text),
    Column("code", Text),
    Column("channel", Text),
    Column("at", DateTime(timezone=True)),
    sqlite_with_rowid=False,
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
