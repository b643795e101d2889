"""The loads that the landed-batch gate has let pass, kept in the warehouse's schema `gate`.

A stopped load stays in the load log: without this list the next run would build on it unseen. After a rebuild
the list is empty and everything is judged again.
"""

from collections.abc import Iterable
from datetime import datetime

import duckdb

SCHEMA = """
    create schema if not exists gate;
    create table if not exists gate.accepted_loads (load_id bigint not null, accepted_at timestamp not null);
"""
NOT_ACCEPTED = "select load_id, file from raw.load_log anti join {accepted} using (load_id) order by load_id"


def loaded_hashes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """SHA-256 of each landed file when it was loaded, by landing key."""
    return dict(connection.execute("select file, sha256 from raw.load_log").fetchall())


def not_accepted(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """Load id and landing key of each loaded file that the gate has not let pass yet."""
    has_list = connection.execute("select 1 from duckdb_tables() where schema_name = 'gate'").fetchone()
    accepted = "gate.accepted_loads" if has_list else "(select 0::bigint as load_id where false)"
    return connection.execute(NOT_ACCEPTED.format(accepted=accepted)).fetchall()


def accept(connection: duckdb.DuckDBPyConnection, load_ids: Iterable[int], *, at: datetime) -> None:
    """Note that the gate has let these loads pass."""
    connection.execute(SCHEMA)
    connection.execute("insert into gate.accepted_loads select unnest(?), ?", [list(load_ids), at.replace(tzinfo=None)])
