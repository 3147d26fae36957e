"""How long sealing and verifying take for 10,000, 100,000 and a million events.

    make bench NAME=audit_verify

Beside the time stands how long SHA-256 alone takes over the same bytes: the rest is reading. The
last line is JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import tempfile
import time

import psycopg

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "10000,100000,1000000").split(","))
AT_ONCE = 20_000


def main() -> None:
    """Grow one trail to each size, and measure there."""
    os.environ.update(OPENPROTECT_MODE="test", DJANGO_SETTINGS_MODULE="openprotect.config.settings")
    with tempfile.TemporaryDirectory(prefix="op-bench-") as folder:
        os.environ["OPENPROTECT_DATA"] = folder
        import django

        django.setup()
        from openprotect.config import database
        from openprotect.config.embedded import Cluster

        with Cluster.temporary() as urls:
            database.create(urls, demo=True)
            lines = [measure(urls.app, size) for size in SIZES]
    print(json.dumps({"benchmark": "audit_verify", "sizes": lines}))


def measure(url: str, size: int) -> dict[str, float | int]:
    """Fill up to a size, seal, verify, and hash the same bytes with nothing else around."""
    from openprotect.governance import chain

    with psycopg.connect(url) as writer:
        writer.execute(
            "SELECT set_config('openprotect.identity', 'system', false), set_config('openprotect.actor', 'system:bench', false)"
        )
        row = writer.execute("SELECT count(*) FROM governance_auditevent").fetchone()
        assert row is not None
        new = size - row[0]
        began = time.perf_counter()
        for start in range(0, new, AT_ONCE):
            number = min(new - start, AT_ONCE)
            writer.execute(
                "SELECT governance_record_events('message sent',"
                " ARRAY(SELECT gen_random_uuid() FROM generate_series(1, %s)), 'attempt',"
                " ARRAY(SELECT gen_random_uuid()::text FROM generate_series(1, %s)), 'opened from the worklist')",
                [number, number],
            )
            writer.commit()
        recorded = time.perf_counter() - began
        began = time.perf_counter()
        while writer.execute("SELECT governance_seal_events(10000)").fetchone() != (0,):
            writer.commit()
        writer.commit()
        sealed = time.perf_counter() - began
        writer.execute("SELECT 1")
    with psycopg.connect(url) as reader:
        source = chain.Database(reader)
        began = time.perf_counter()
        verdict = chain.verify(source, [], print)
        verified = time.perf_counter() - began
    with psycopg.connect(url) as reader:
        hashing = 0.0
        for seal in chain.Database(reader).seals():
            assert isinstance(seal, chain.Sealed)
            assert seal.event is not None
            written = b"".join([b"-," if value is None else b"%d:%b," % (len(value), value) for value in seal.event])
            link = seal.chain_hash + seal.event_hash + seal.sealed_at
            began = time.perf_counter()
            hashlib.sha256(written).digest()
            hashlib.sha256(link).digest()
            hashing += time.perf_counter() - began
    line = {
        "events": verdict.sealed,
        "findings": verdict.findings,
        "recorded_per_second": round(new / recorded),
        "sealed_per_second": round(new / sealed),
        "verify_seconds": round(verified, 2),
        "sha256_seconds": round(hashing, 2),
        "ratio": round(verified / hashing, 1),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(line)
    return line


if __name__ == "__main__":
    main()
