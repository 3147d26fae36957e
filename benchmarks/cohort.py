"""What a cohort of thirteen rules costs, beside a hand-written query and beside one query for each rule.

    make bench NAME=cohort

A million people, 40 million events, 20 million issues of medicines, made and kept in BENCH_CACHE
(a folder in the system's temporary one). `PEOPLE=` makes another number of people, `RUNS=` runs
each so often (the least and the median are shown), `WAYS=plan,hand,naive,spark,tenfold` are the ways
to measure; without Spark unless it is asked for. Each way runs in a process of its own, so that CPU
time and peak memory are its alone, and all have to find the same members, row for row. The last line
is JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.made_records import INDEX_DATE, PEOPLE_A_PARTITION, made, rows_of

PEOPLE = int(os.environ.get("PEOPLE", "1000000"))
RUNS = int(os.environ.get("RUNS", "3"))
WAYS = os.environ.get("WAYS", "plan,hand,naive,tenfold").split(",")
CACHE = Path(os.environ.get("BENCH_CACHE", Path(tempfile.gettempdir()) / "op-bench-cohort"))
PACK = Path(__file__).parents[1] / "tests/fixtures/packs/thirteen-rules"
ENGLAND = 62_000_000  # registered with a GP, in round figures
PEOPLE_A_PASS = 256_000
SAID = {
    "plan": "the plan, one pass",
    "hand": "hand-written, one pass",
    "naive": "one query for each rule",
    "spark": "the plan on Spark",
    "tenfold": "the plan, ten times as many",
}


def main() -> None:
    folder = made(PEOPLE, CACHE)
    rows = rows_of(folder)
    print(f"{rows['people']:,} people, {rows['events']:,} events, {rows['medicines']:,} issues of medicines,")
    print(
        f"{rows['admissions']:,} codes of stays; 13 rules with reasons. Load of the machine: {os.getloadavg()[0]:.1f}"
    )
    print(f"\n{'':<28}{'CPU s':>8}{'median':>8}{'wall s':>8}{'peak MB':>9}{'members':>10}{'of hand-written':>17}")
    with tempfile.TemporaryDirectory(prefix="op-bench-") as work:
        # In turn, so that a machine that grows slower meanwhile does so for all of them.
        turns = [{way: measured(way, folder, Path(work)) for way in WAYS} for _ in range(RUNS)]
        found = {way: [turn[way] for turn in turns] for way in WAYS}
        same = {way: _same(Path(work), way) for way in WAYS if way not in ("hand", "tenfold") and "hand" in WAYS}
    least = {way: min(run["cpu"] for run in runs) for way, runs in found.items()}
    for way, runs in found.items():
        median = statistics.median(run["cpu"] for run in runs)
        ratio = f"{least[way] / least['hand']:.2f}" if "hand" in least and way != "tenfold" else ""
        wall, peak = min(run["wall"] for run in runs), max(run["megabytes"] for run in runs)
        members = runs[0]["members"]
        print(f"{SAID[way]:<28}{least[way]:>8.2f}{median:>8.2f}{wall:>8.2f}{peak:>9,}{members:>10,}{ratio:>17}")
    for way, differing in same.items():
        print(f"Rows in which '{SAID[way]}' differs from the hand-written query: {differing}")
    if "tenfold" in found:
        print("Ten times as many: the same files ten times over, a pass after the other, members written as they come.")
    if "plan" in least:
        hours = least["plan"] / rows["people"] * ENGLAND / 3600
        print(
            f"Extrapolated, not measured: England, {ENGLAND:,} people, at the same cost for each, "
            f"{60 * hours:.1f} minutes of one core."
        )
    print(
        json.dumps({"benchmark": "cohort", "rows": rows, "load": os.getloadavg()[0], "runs": found, "differing": same})
    )
    if any(same.values()):
        sys.exit("The ways do not agree.")


def measured(way: str, folder: Path, work: Path) -> dict[str, Any]:
    """One way in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cohort", "--measure", way, str(folder), str(work / f"{way}.parquet")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{way}: {done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _same(work: Path, way: str) -> int:
    """In how many rows two ways differ."""
    import duckdb

    one, other = (f"SELECT * FROM read_parquet('{work}/{name}.parquet')" for name in (way, "hand"))
    query = f"SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"
    return int(duckdb.sql(query).fetchall()[0][0])


def measure(way: str, folder: Path, to: Path) -> None:
    """Run, and print what it cost as JSON; members go to a Parquet file."""
    import ibis
    import pyarrow as pa
    from pyarrow import parquet

    from openprotect.journey.identify.members import MEMBERS
    from openprotect.programmes.cohort_lists import read_cohort

    pack = read_cohort(PACK, folder / "codelists")
    ibis.memtable(pa.table({"loaded": [1]}))  # what is imported at the first use is no part of the run
    before, began = _cpu(), time.perf_counter()
    members = 0
    with parquet.ParquetWriter(to, MEMBERS) as file:
        for rows in _WAYS[way](pack, folder):
            file.write_table(rows)
            members += rows.num_rows
    cost = {"cpu": round(_cpu() - before, 3), "wall": round(time.perf_counter() - began, 3)}
    print(json.dumps({**cost, "megabytes": _peak(), "members": members}))


def _cpu() -> float:
    """CPU seconds of this process and of those it has started and that run still: Spark's is one of them."""
    ticks = 0
    for pid in _own():
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _peak() -> int:
    """The most memory that each of them ever had, in MB."""
    kilobytes = 0
    for pid in _own():
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            kilobytes += int(line.split()[1]) if line.startswith("VmHWM") else 0
    return kilobytes // 1024


def _own() -> list[int]:
    found, look = [], [os.getpid()]
    while look:
        pid = look.pop()
        found.append(pid)
        look += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found


def passes(folder: Path, times: int = 1) -> Iterator[dict[str, list[str]]]:
    """The files of some people after the other."""
    from openprotect.journey.identify.passes import READ

    parts = sorted(path.name for path in (folder / "people").iterdir())
    step = max(1, PEOPLE_A_PASS // PEOPLE_A_PARTITION)
    for _ in range(times):
        for at in range(0, len(parts), step):
            yield {name: [str(folder / name / part) for part in parts[at : at + step]] for name in READ}


def _plan(pack: Any, folder: Path, times: int = 1) -> Iterator[Any]:
    from openprotect.journey.identify.compile import Plan
    from openprotect.journey.identify.passes import in_passes
    from openprotect.people.population import engine

    for found in in_passes(Plan(pack.cohort, pack.lists, INDEX_DATE), engine(), passes(folder, times)):
        yield found.members


def _naive(pack: Any, folder: Path) -> Iterator[Any]:
    from openprotect.journey.identify.compile import Plan
    from openprotect.journey.identify.passes import in_passes
    from openprotect.people.population import engine

    for rule in pack.cohort.rules:
        plan = Plan(replace(pack.cohort, rules=(rule,)), pack.lists, INDEX_DATE)
        for found in in_passes(plan, engine(), passes(folder)):
            yield found.members


def _spark(pack: Any, folder: Path) -> Iterator[Any]:
    from openprotect.journey.identify.compile import Plan
    from openprotect.journey.identify.spark import on_spark

    yield on_spark(
        Plan(pack.cohort, pack.lists, INDEX_DATE), os.environ.get("OPENPROTECT_SPARK") or "local[2]", passes(folder)
    ).members


def _hand(pack: Any, folder: Path) -> Iterator[Any]:
    """As somebody who knows DuckDB would write it for these rules and no others."""
    from benchmarks.thirteen_rules_by_hand import QUERY, prepare
    from openprotect.people.population import engine

    con = engine().con
    prepare(con, pack)
    for files in passes(folder):
        for name, paths in files.items():
            con.read_parquet(paths).create_view(name, replace=True)
        yield con.sql(QUERY).to_arrow_table()


_WAYS = {
    "plan": _plan,
    "hand": _hand,
    "naive": _naive,
    "spark": _spark,
    "tenfold": lambda pack, folder: _plan(pack, folder, 10),
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
