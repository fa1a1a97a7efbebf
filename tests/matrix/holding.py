"""What a schema holds, in values that are equal for two schemas of two servers when a restore was right."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from tests.matrix.servers import Row, Servers

# The secondary's own, in tables that came without a key.
OWN_KEY = "my_row_id"

# Each names what belongs to one schema, without what differs by the server: definers, and an event's status.
PROGRAMS: Mapping[str, str] = {
    "columns": "SELECT c.TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, COLUMN_KEY,"
    " EXTRA, GENERATION_EXPRESSION, COLUMN_COMMENT FROM information_schema.COLUMNS c"
    f" WHERE c.TABLE_SCHEMA = %s AND COLUMN_NAME <> '{OWN_KEY}'",
    "indexes": "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, INDEX_TYPE, EXPRESSION"
    f" FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND COALESCE(COLUMN_NAME, '') <> '{OWN_KEY}'",
    "tables": "SELECT TABLE_NAME, TABLE_TYPE, TABLE_COLLATION, TABLE_COMMENT"
    " FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s",
    "checks": "SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS"
    " WHERE CONSTRAINT_SCHEMA = %s",
    "foreign keys": "SELECT r.CONSTRAINT_NAME, r.TABLE_NAME, r.REFERENCED_TABLE_NAME, r.UPDATE_RULE, r.DELETE_RULE,"
    " k.COLUMN_NAME, k.REFERENCED_COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA = k.TABLE_SCHEMA"
    " FROM information_schema.REFERENTIAL_CONSTRAINTS r JOIN information_schema.KEY_COLUMN_USAGE k"
    " ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND k.CONSTRAINT_NAME = r.CONSTRAINT_NAME"
    " WHERE r.CONSTRAINT_SCHEMA = %s",
    "partitions": "SELECT TABLE_NAME, PARTITION_NAME, PARTITION_DESCRIPTION FROM information_schema.PARTITIONS"
    " WHERE TABLE_SCHEMA = %s",
    "views": "SELECT TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, SECURITY_TYPE FROM information_schema.VIEWS"
    " WHERE TABLE_SCHEMA = %s",
    "triggers": "SELECT TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_ORDER, ACTION_STATEMENT,"
    " ACTION_TIMING, SQL_MODE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION"
    " FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s",
    "routines": "SELECT ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_DEFINITION, IS_DETERMINISTIC,"
    " SQL_DATA_ACCESS, SECURITY_TYPE, SQL_MODE, ROUTINE_COMMENT, DATABASE_COLLATION"
    " FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s",
    "routines' parameters": "SELECT SPECIFIC_NAME, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER"
    " FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = %s",
    "events": "SELECT EVENT_NAME, EVENT_DEFINITION, INTERVAL_VALUE, INTERVAL_FIELD, SQL_MODE, STARTS, ENDS,"
    " ON_COMPLETION, EVENT_COMMENT FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s",
}
DEFINERS = (
    "SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"
    " UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s"
    " UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s"
    " UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s"
)


def tables(servers: Servers, host: str, schema: str) -> list[str]:
    found = servers.query(
        host,
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'",
        [schema],
    )
    return sorted(str(name) for (name,) in found)


def rows(servers: Servers, host: str, schema: str) -> dict[str, list[Row]]:
    """table (in lower case) -> its rows in the order of their texts; columns that are hidden too."""
    return {name.lower(): _rows(servers, host, schema, name) for name in tables(servers, host, schema)}


def _rows(servers: Servers, host: str, schema: str, table: str) -> list[Row]:
    columns = servers.query(
        host,
        "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s"
        f" AND COLUMN_NAME <> '{OWN_KEY}' ORDER BY ORDINAL_POSITION",
        [schema, table],
    )
    named = ", ".join(_quoted(str(column)) for (column,) in columns)
    return sorted(servers.query(host, f"SELECT {named} FROM {_quoted(schema)}.{_quoted(table)}"), key=repr)


def checksums(servers: Servers, host: str, schema: str) -> dict[str, int]:
    """table (in lower case) -> CHECKSUM TABLE, of those whose rows a restore leaves as long as they are."""
    names = [name for name in tables(servers, host, schema) if name not in ("keyless", "notes")]
    asked = ", ".join(f"{_quoted(schema)}.{_quoted(name)}" for name in names)
    found = servers.query(host, f"CHECKSUM TABLE {asked}") if names else []
    return {name.lower(): checksum for name, (_table, checksum) in zip(names, found)}


def programs(servers: Servers, host: str, schema: str) -> dict[str, list[Row]]:
    """All of the schema but its rows. In lower case: the secondary lowers names, also in the text of views."""
    return {
        what: sorted((_lowered(row, schema) for row in servers.query(host, sql, [schema])), key=repr)
        for what, sql in PROGRAMS.items()
    }


def definers(servers: Servers, host: str, schema: str) -> set[str]:
    return {str(definer) for (definer,) in servers.query(host, DEFINERS, [schema] * 4)}


def events(servers: Servers, host: str, schema: str) -> dict[str, str]:
    """event -> ENABLED or DISABLED."""
    return dict(
        servers.query(
            host, "SELECT EVENT_NAME, STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s", [schema]
        )
    )


def _lowered(row: Row, schema: str) -> Row:
    return tuple(
        _text(value).lower().replace(f"`{schema}`.", "") if isinstance(value, (str, bytes)) else value for value in row
    )


def _text(value: t.Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
