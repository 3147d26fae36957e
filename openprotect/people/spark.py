"""Spark as the engine of cohorts, for who has one already: on this machine, a cluster, or Spark Connect.

Only here is PySpark used, and only when it is asked for. Rows go in and out as Arrow.
"""

import os
import re
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openprotect.lib.errors import Refusal

LOCAL = "local[*]"
_ADDRESS = re.compile(r"local(\[(\*|[1-9][0-9]*)\])?|yarn|(spark|k8s|sc)://\S+")
_CONNECT = "sc://"
_PORTS = {"spark": 7077, "sc": 15002}
_PATIENCE = 5  # seconds for a connection; Spark's own clients try for minutes before they say anything
_SETTINGS = {
    "spark.ui.enabled": "false",  # no page on a port
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
    "spark.sql.session.timeZone": "UTC",
    "spark.log.level": "ERROR",
}
_OF_A_SESSION = {
    # Thirteen rules over one row are hundreds of expressions: Spark would spend minutes on what follows from them.
    "spark.sql.constraintPropagation.enabled": "false",
}
_FEW = "8"  # parts of a shuffle on one machine; a cluster has its own setting


class NoSpark(Refusal):
    """Cohorts cannot be computed on Spark here: {missing}. Install PySpark from requirements-spark.lock
    ('make setup-spark') and Java 17, or leave out --engine spark.
    """


class NoAnswer(Refusal):
    """No Spark answers at '{address}': start it, or correct OPENPROTECT_SPARK."""


class NotASpark(Refusal):
    """'{address}' is no address of a Spark: give local, local[2], spark://host:7077, yarn, k8s://host or sc://host:15002."""


class Spark:
    """What a plan needs of an engine: tables of files, and the rows of an expression."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def files(self, paths: Sequence[str], name: str) -> ir.Table:
        """The rows of Parquet files, under a name."""
        self._backend._session.read.parquet(*paths).createOrReplaceTempView(name)
        return self._backend.table(name)

    def to_pyarrow(self, rows: ir.Table) -> pa.Table:
        """The rows of an expression. ibis itself would take them through pandas, which has other nulls."""
        for table in rows.op().find(ibis.expr.operations.InMemoryTable):
            frame = self._backend._session.createDataFrame(
                table.data.to_pyarrow(table.schema), schema=self._schema(table.schema)
            )
            frame.createOrReplaceTempView(table.name)
        return self._backend.raw_sql(self._backend.compile(rows)).toArrow().cast(rows.schema().to_pyarrow())

    def _schema(self, schema: Any) -> Any:
        from ibis.backends.pyspark.datatypes import PySparkSchema

        return PySparkSchema.from_ibis(schema)


@contextmanager
def spark(address: str = LOCAL, **settings: str) -> Iterator[Spark]:
    """A Spark at an address, until the block ends. Raises NoSpark, NotASpark, NoAnswer."""
    if not _ADDRESS.fullmatch(address):
        raise NotASpark(address=address)
    connect = address.startswith(_CONNECT)
    try:
        from pyspark.sql import SparkSession

        backend = ibis.pyspark  # without PySpark ibis does not know it
    except (ImportError, AttributeError) as error:
        raise NoSpark(missing=f"{error}") from None
    if not connect and not _has_java():
        raise NoSpark(missing="there is no Java")
    if not _answers(address):
        raise NoAnswer(address=address)
    builder = SparkSession.builder
    if connect:
        session = builder.remote(address).getOrCreate()
    else:
        few = {"spark.sql.shuffle.partitions": _FEW} if address.startswith("local") else {}
        for key, value in {**_SETTINGS, **few, **settings}.items():
            builder = builder.config(key, value)
        session = builder.master(address).getOrCreate()
    try:
        for key, value in _OF_A_SESSION.items():
            session.conf.set(key, value)
        yield Spark(backend.connect(session))
    finally:
        session.stop()


def _has_java() -> bool:
    """Where Spark itself looks for it: JAVA_HOME first."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which(f"{home}/bin/java" if home else "java") is not None


def _answers(address: str) -> bool:
    """Whether anything is there at an address that names a host and a port; one of several masters is enough."""
    scheme, _, rest = address.partition("://")
    if scheme not in _PORTS:
        return True
    for place in rest.split("/")[0].split(","):
        to = urlsplit(f"//{place}")
        try:
            with socket.create_connection((to.hostname or "", to.port or _PORTS[scheme]), timeout=_PATIENCE):
                return True
        except (OSError, ValueError):
            continue
    return False
