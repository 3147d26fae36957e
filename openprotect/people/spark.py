"""Spark as the engine of cohorts, for who has one already: local, a cluster, or Spark Connect.

Only here is PySpark imported. Rows go in and out as Arrow, never through pandas.
"""

import shutil
from typing import TYPE_CHECKING, Any

from openprotect.lib.errors import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

LOCAL = "local[*]"
_CONNECT = "sc://"
# Both hold for this session alone: what the plan needs, and no page on a port.
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.memory": "2g",
}


class NoSpark(Refusal):
    """The engine spark is not installed here: {missing}. Install PySpark from requirements-spark.lock, as
    docs/how-to/run-on-spark.md says, or leave out --engine spark.
    """


def spark(address: str = LOCAL, **settings: str) -> Any:
    """A Spark at an address: `local[2]`, `spark://host:7077`, or `sc://host:15002`. Raises NoSpark."""
    try:
        import pyspark  # noqa: F401
        from ibis.backends.pyspark import Backend
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise NoSpark(missing=f"there is no {error.name}") from None
    if not address.startswith(_CONNECT) and not shutil.which("java"):
        raise NoSpark(missing="there is no Java, 17 or later")

    import ibis

    ibis.pyspark  # noqa: B018  # ibis declares the options of a backend when it is first named

    class Spark(Backend):  # type: ignore[misc]
        """Spark, taking rows from Arrow and giving them back so."""

        def _register_in_memory_table(self, op: Any) -> None:
            from ibis.backends.pyspark.datatypes import PySparkSchema

            rows = op.data.to_pyarrow(op.schema)
            frame = self._session.createDataFrame(rows, schema=PySparkSchema.from_ibis(op.schema))
            frame.createOrReplaceTempView(op.name)

        def to_pyarrow(self, expr: Any, /, **kwargs: Any) -> "pa.Table":
            self._run_pre_execute_hooks(expr)
            return self.raw_sql(self.compile(expr)).toArrow().cast(expr.schema().to_pyarrow())

    builder = SparkSession.builder
    builder = builder.remote(address) if address.startswith(_CONNECT) else builder.master(address)
    if address.startswith(_CONNECT):
        session = builder.getOrCreate()
    else:
        for key, value in {**_SETTINGS, **settings}.items():
            builder = builder.config(key, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
    backend = Spark()
    backend.do_connect(session)
    return backend
