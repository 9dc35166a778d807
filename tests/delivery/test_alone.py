"""A second worker on the same database is refused; a dead one's place is free at once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rules_engine.delivery.alone import only_worker
from rules_engine.model.errors import Permanent
from rules_engine.store.session import open_engine
from tests.databases import postgresql_server, skip_without_postgresql

HOLD = """
import sys
from rules_engine.delivery.alone import only_worker
from rules_engine.store.session import open_engine
with only_worker(open_engine(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(engine: Engine) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock."""
    url = engine.url.render_as_string()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_with_the_number_of_the_first(
    engine: Engine, holder: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(Permanent, match=rf"another worker \(process {holder.pid}\)"), only_worker(engine):
        pass


def test_the_place_of_a_killed_process_is_free(engine: Engine, holder: "subprocess.Popen[str]") -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with only_worker(engine) as check:
        check()


def test_the_place_is_free_again_after_a_worker_has_ended(engine: Engine, tmp_path: Path) -> None:
    for _ in range(2):
        with only_worker(engine), pytest.raises(Permanent), only_worker(engine):
            pass
    assert (tmp_path / "o2o.sqlite.worker").exists()


def test_on_postgresql_too_there_is_one_and_a_lost_lock_is_noticed() -> None:
    skip_without_postgresql()
    with postgresql_server() as url:
        first, second = open_engine(url), open_engine(url)
        for _ in range(2):
            with only_worker(first) as check, pytest.raises(Permanent, match="another worker"), only_worker(second):
                pass
        with only_worker(first) as check:
            check()
            with second.connect() as connection:
                others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                connection.exec_driver_sql(f"{others} and backend_type = 'client backend'")
            with pytest.raises(Permanent, match="the worker's lock was lost"):
                check()
            with only_worker(second) as theirs:
                theirs()
        first.dispose()
        second.dispose()
