#!/usr/bin/env python3
"""Dump a MySQL schema into Azure Blob Storage: mysqldump, gzip, upload, without a file in between.

It runs in a CronJob of Kubernetes, beside the data (cronjob.yaml), knows nothing of goupang.dr, and can be replaced by
whatever a team has already: backup.yml starts it and looks at what it stored (docs/kubernetes.md).

The blob comes into being only when mysqldump has ended well. It is told by its environment:

  DUMP_SCHEMA         the schema
  DUMP_ACCOUNT_URL    https://ACCOUNT.blob.core.windows.net
  DUMP_CONTAINER      the container
  DUMP_BLOB           the blob's name, with the signs of strftime (UTC): each dump needs a name of its own
  DUMP_OPTION_FILE    an option file of MySQL's, with host, user, password and ssl-ca, mounted from a Secret
  AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, or what else azure-identity's DefaultAzureCredential finds
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import typing as t
import zlib
from datetime import datetime, timezone

# The set of GTIDs would need FLUSH TABLES WITH READ LOCK, which RDS denies; tablespaces need PROCESS.
OPTIONS = (
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--set-gtid-purged=OFF",
    "--no-tablespaces",
    "--column-statistics=0",
    "--skip-generated-invisible-primary-key",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
)
GZIP_FORMAT = 31
READ_BYTES = 1 << 18
LISTEN_SECONDS = 1.0


class DumpFailed(Exception):  # noqa: N818 (it says what is wrong)
    """mysqldump ended otherwise than well."""


class Packed:
    """What the process writes, packed, for an upload to read. Its end is told only when the process has ended well:
    an upload that never hears of an end makes no blob.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._packer = zlib.compressobj(1, zlib.DEFLATED, GZIP_FORMAT)
        self._ready = bytearray()
        self._ended = False
        self._stopped = False

    def stop(self, *_signal: object) -> None:
        """End the process, and with it the upload. It raises nothing: a signal may come in the midst of anything."""
        self._stopped = True
        self._process.kill()

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._ready) < size):
            self._more()
        size = len(self._ready) if size < 0 else size
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def _more(self) -> None:
        output = t.cast("t.IO[bytes]", self._process.stdout)
        # Python hears a signal between two steps of its own: none of them waits for mysqldump without an end.
        while not select.select([output], [], [], LISTEN_SECONDS)[0]:
            pass
        data = os.read(output.fileno(), READ_BYTES)
        if data:
            self._ready += self._packer.compress(data)
            return
        status = self._process.wait()
        if status and self._stopped:
            raise DumpFailed("Ended from outside: nothing was stored.")
        if status:
            raise DumpFailed(f"mysqldump ended with status {status}, and nothing was stored.")
        self._ready += self._packer.flush()
        self._ended = True


def store(container: t.Any, name: str, command: t.Sequence[str]) -> None:
    """Run the command, and have what it writes stored as a blob of this name, which must be a new one. DumpFailed."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    packed = Packed(process)
    signal.signal(signal.SIGTERM, packed.stop)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        container.upload_blob(name, packed, max_concurrency=1)
    finally:
        process.kill()
        process.wait()


def main(environment: t.Mapping[str, str] = os.environ) -> int:
    # The first process of a container hears no SIGTERM that it does not listen to: one is kept until it can be heeded.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import ContainerClient

    container = ContainerClient(
        environment["DUMP_ACCOUNT_URL"],
        environment["DUMP_CONTAINER"],
        # An authority of one's own, of a sovereign cloud say, is not asked for in Microsoft's public one.
        credential=DefaultAzureCredential(disable_instance_discovery="AZURE_AUTHORITY_HOST" in environment),
        max_block_size=8 << 20,
    )
    name = datetime.now(timezone.utc).strftime(environment["DUMP_BLOB"])
    options = f"--defaults-file={environment['DUMP_OPTION_FILE']}"
    try:
        store(container, name, ["mysqldump", options, *OPTIONS, "--", environment["DUMP_SCHEMA"]])
    except DumpFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Stored {name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
