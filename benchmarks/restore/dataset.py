"""A shop's tables of a given size, always the same, and their dumps by the real mysqldump."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils import _backup
from ansible_collections.goupang.dr.plugins.module_utils._blob import PIECE, BlobProperties
from ansible_collections.goupang.dr.plugins.module_utils._dump_tool import OPTIONS
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from benchmarks.restore import servers
from benchmarks.restore.servers import SOURCE, Servers

READ_BYTES = 1 << 18

# Rows of each table in a megabyte of dump. The lines of orders are most of it, as one table is in most databases.
ROWS = {"customers": 700, "orders": 2100, "order_lines": 9700, "documents": 490}
BATCH = 100_000
# myloader keeps the definers: they are of the account that there is on both servers.
_TABLES = """
CREATE TABLE customers (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL,
  email varchar(120) NOT NULL, city varchar(80) NOT NULL, born date DEFAULT NULL, created datetime NOT NULL,
  UNIQUE KEY (email), KEY (name));
CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id int NOT NULL,
  status enum('new','paid','sent','returned') NOT NULL, total decimal(12,2) NOT NULL, note varchar(255) DEFAULT NULL,
  created datetime(3) NOT NULL, KEY (customer_id), KEY (created),
  CONSTRAINT FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE order_lines (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id int NOT NULL, product varchar(60),
  quantity smallint NOT NULL, price decimal(10,2) NOT NULL, KEY (order_id),
  CONSTRAINT FOREIGN KEY (order_id) REFERENCES orders (id));
CREATE TABLE documents (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id int NOT NULL, body mediumtext NOT NULL,
  checksum binary(32) NOT NULL, KEY (order_id));
CREATE DEFINER = 'dradmin'@'%' VIEW open_orders AS SELECT id, customer_id FROM orders WHERE status <> 'sent';
CREATE DEFINER = 'dradmin'@'%' TRIGGER orders_note BEFORE INSERT ON orders FOR EACH ROW
  SET NEW.note = COALESCE(NEW.note, '');
"""
_FILL = {
    "customers": """n, CONCAT(ELT(1 + n % 4, 'José', 'O\\'Hara', 'Müller', '王'), ' ', SUBSTR(SHA2(n, 224), 1, 8)),
      CONCAT(SHA2(n, 224), '@example.com'), ELT(1 + n % 3, 'Seoul', 'L\\'Aquila', 'Köln'),
      IF(n % 7, DATE_ADD('1950-01-01', INTERVAL n % 20000 DAY), NULL), DATE_ADD('2020-01-01', INTERVAL n MINUTE)""",
    "orders": """n, 1 + CRC32(n) % {customers}, 1 + n % 4, CRC32(n) % 100000 / 100,
      IF(n % 3, NULL, CONCAT('please; ring "twice", it\\'s (', SUBSTR(SHA2(n, 224), 1, 12), ')')),
      DATE_ADD('2021-01-01', INTERVAL n SECOND)""",
    "order_lines": """n, 1 + CRC32(n) % {orders}, CONCAT('article ', SUBSTR(SHA2(n, 224), 1, 12)), 1 + n % 9,
      CRC32(n + 1) % 10000 / 100""",
    "documents": """n, 1 + CRC32(n) % {orders},
      CONCAT('Dear customer,\\n', REPEAT(CONCAT(SHA2(n, 224), ' \\\\ '), 5 + n % 11), '\\n-- \\nThe shop'),
      UNHEX(SHA2(n, 256))""",
}


class Folder:
    """A store whose blobs are files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.mkdir(parents=True, exist_ok=True)

    def names(self, prefix: str) -> Iterator[str]:
        return iter(sorted(path.name for path in self._path.iterdir() if path.name.startswith(prefix)))

    def read(self, name: str) -> bytes:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(f"There is no file {name}.") from error

    def chunks(self, name: str) -> Iterator[bytes]:
        with (self._path / name).open("rb") as file:
            while chunk := file.read(PIECE):
                yield chunk

    def part(self, name: str, offset: int, length: int) -> bytes:
        with (self._path / name).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def write(self, name: str, data: bytes, content_type: str = "", cache_control: str | None = None) -> None:
        (self._path / name).write_bytes(data)

    def stage(self, name: str, block_id: str, data: bytes) -> None:
        with (self._path / f"{name}.new").open("ab") as file:
            file.write(data)

    def commit(self, name: str, block_ids: list[str]) -> None:
        (self._path / f"{name}.new").replace(self._path / name)

    def delete(self, name: str) -> None:
        (self._path / name).unlink()

    def properties(self, name: str) -> BlobProperties | None:
        path = self._path / name
        return BlobProperties(path.stat().st_size, None, None, None, None) if path.exists() else None


class Dump:
    """The server's own mysqldump, with the options of our backups and these."""

    def __init__(self, there: Servers, schema: str, more: t.Sequence[str]) -> None:
        self.options = (*OPTIONS, *more)
        self._there = there
        self._schema = schema

    def version(self) -> str:
        return self._there.run(SOURCE, "mysqldump", "--version").strip()

    def dump(self) -> t.Generator[bytes, None, None]:
        words = ("mysqldump", "--user=root", *self.options, "--", self._schema)
        with servers.start(self._there, SOURCE, *words) as process:
            output, complaint = t.cast("t.IO[bytes]", process.stdout), t.cast("t.IO[bytes]", process.stderr)
            while chunk := output.read(READ_BYTES):
                yield chunk
            if process.wait() != 0:
                raise ServiceFault(f"mysqldump failed: {complaint.read().decode(errors='replace')}")


def fill(there: Servers, schema: str, megabytes: int) -> None:
    """Make the schema on the source, of about so many megabytes of dump."""
    rows = {table: many * megabytes for table, many in ROWS.items()}
    largest = max(rows.values())
    out = [
        "SET sql_log_bin = 0, foreign_key_checks = 0, cte_max_recursion_depth = 4294967295;",
        f"DROP DATABASE IF EXISTS {schema}; CREATE DATABASE {schema}; USE {schema};{_TABLES}",
        "CREATE TEMPORARY TABLE numbers (n int PRIMARY KEY);",
        f"INSERT INTO numbers WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < {largest})"
        " SELECT n FROM r;",
    ]
    for table, values in _FILL.items():
        for begin in range(1, rows[table] + 1, BATCH):
            end = min(begin + BATCH - 1, rows[table])
            out.append(
                f"INSERT INTO {table} SELECT {values.format(**rows)} FROM numbers WHERE n BETWEEN {begin} AND {end};"
            )
    there.root(SOURCE, "\n".join(out))


def dump(there: Servers, schema: str, folder: Path, more: t.Sequence[str] = ()) -> Manifest:
    """A backup of the schema in the folder, taken as our module takes it."""
    session = there.session(SOURCE)
    try:
        return _backup.take(session, Dump(there, schema, more), Folder(folder), schema, "source", schema, "")
    finally:
        session.close()
