"""Many jobs by other processes or a cluster: the same results in the same order, whoever is lost at work."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import random
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import pytest

from kneedrive.app.workers import AHEAD, Cluster, Here, Lost, Processes, each
from kneedrive.errors import ConfigError, Unreachable

R = TypeVar("R")
JOBS = list(range(40))
SQUARES = [(job, job * job) for job in JOBS]


def square(job: int) -> int:
    return job * job


def end_once(job: tuple[Path, int]) -> int:
    """Ends its process at job 7, the first time."""
    marker, number = job
    if number == 7 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def end_always(job: int) -> int:
    """Ends its process at job 7, whoever has it."""
    if job == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(job)


def own_pid(_: int) -> int:
    return os.getpid()


def held_back(_: int) -> bool:
    """Whether Ctrl-C is kept from this process; long enough that every process gets one of these."""
    time.sleep(0.2)
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def slowly(job: int) -> int:
    time.sleep(0.05)
    return square(job)


def test_one_process_does_the_jobs_as_they_come() -> None:
    with Here() as crew:
        assert list(each(square, JOBS, crew)) == SQUARES


def test_processes_give_the_results_in_the_order_of_the_jobs() -> None:
    with Processes(2) as crew:
        assert list(each(square, JOBS, crew)) == SQUARES


def test_jobs_are_taken_a_bounded_way_ahead() -> None:
    """What waits in memory does not grow with the number of jobs."""
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for job in JOBS:
            taken.append(job)
            yield job

    with Processes(1) as crew:
        for done, _ in each(square, jobs(), crew):
            assert len(taken) - done <= AHEAD + 1


def test_a_process_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    jobs = [(tmp_path / "marker", number) for number in JOBS]
    with Processes(2) as crew:
        found = [(job[1], result) for job, result in each(end_once, jobs, crew)]

    assert (tmp_path / "marker").exists()
    assert found == SQUARES


def test_a_job_that_ends_every_process_is_lost_alone() -> None:
    with Processes(2) as crew:
        found = dict(each(end_always, JOBS, crew))

    assert found.pop(7) == Lost()
    assert found == {job: result for job, result in SQUARES if job != 7}


def test_a_process_that_is_killed_while_it_waits_is_no_jobs_fault() -> None:
    with Processes(1) as crew:
        for _ in range(2):
            assert list(each(square, [3], crew)) == [(3, 9)]
            for child in multiprocessing.active_children():
                child.kill()
        assert crew.outcome(crew.submit(square, 3)) == 9


def halved(job: int) -> bytes:
    """Ends its process while the result is on its way, which is more than a pipe takes at once."""
    threading.Timer(0.004 * job, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return bytes(16 << 20)


def test_half_a_result_is_none() -> None:
    with Processes(2) as crew:
        found = within(60, lambda: [result for _, result in each(halved, range(2), crew)])

    assert all(result == Lost() or result == bytes(16 << 20) for result in found)


def within(seconds: float, work: Callable[[], list[R]]) -> list[R]:
    """What the work comes to; fails where it waits for ever."""
    found: list[list[R]] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "waits for ever"
    return found[0]


@pytest.mark.parametrize("rounds", [1, pytest.param(30, marks=pytest.mark.slow)])
def test_processes_that_are_killed_at_any_moment_are_not_waited_for(rounds: int) -> None:
    """While they start, take a job, work, and hand back; jobs and results are more than a pipe takes at once."""
    body = os.urandom(1 << 20)
    jobs = [(number, body) for number in range(10)]
    for seed in range(rounds):
        done = threading.Event()
        killer = threading.Thread(target=_kill_children, args=(done, random.Random(seed)), daemon=True)
        with Processes(2) as crew:
            killer.start()
            found = within(120, lambda: list(each(turned, jobs, crew)))
        done.set()
        killer.join()
        assert [job for job, _ in found] == jobs
        assert {result for _, result in found if not isinstance(result, Lost)} <= {(n, body[::-1]) for n in range(10)}


def turned(job: tuple[int, bytes]) -> tuple[int, bytes]:
    number, body = job
    return number, body[::-1]


def _kill_children(done: threading.Event, chance: random.Random) -> None:
    while not done.wait(chance.random() / 2):
        for child in multiprocessing.active_children()[:1]:
            child.kill()


def test_a_system_without_more_processes_does_it_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.process.BaseProcess.start", refuse)
    with Processes(2) as crew:
        assert list(each(own_pid, JOBS, crew)) == [(job, os.getpid()) for job in JOBS]


def test_a_process_of_a_pool_does_it_itself() -> None:
    """The processes of a multiprocessing.Pool are daemons, and those may start no others."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_send_pids, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    assert ours.recv() == [process.pid] * 3
    process.join()


def _send_pids(pipe: Connection) -> None:
    with Processes(2) as crew:
        pipe.send([pid for _, pid in each(own_pid, range(3), crew)])


def test_a_system_without_more_threads_does_it_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    with Processes(2) as crew, monkeypatch.context() as patch:
        patch.setattr("threading.Thread.start", refuse)
        found = list(each(own_pid, JOBS, crew))

    assert found == [(job, os.getpid()) for job in JOBS]


class Large:
    """A job that is held in memory."""


def test_without_threads_no_job_is_held_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    job = Large()
    held = weakref.ref(job)
    with Processes(2) as crew, monkeypatch.context() as patch:
        patch.setattr("threading.Thread.start", refuse)
        assert crew.submit(type, job).result() is Large
        del job
        gc.collect()
        assert held() is None


def refuse_seven(job: int) -> int:
    if job == 7:
        message = "no sevens"
        raise ValueError(message)
    return square(job)


def test_what_a_function_raises_arrives_with_the_place_where_it_was_raised() -> None:
    with Processes(1) as crew, pytest.raises(ValueError, match="no sevens") as caught:
        list(each(refuse_seven, JOBS, crew))

    assert "in refuse_seven" in caught.value.__notes__[0]


def unsendable(job: int) -> object:
    return (lambda: job) if job == 7 else square(job)


def test_a_result_that_cannot_be_pickled_is_an_error_and_ends_no_process(capfd: pytest.CaptureFixture[str]) -> None:
    with Processes(1) as crew:
        before = crew.submit(own_pid, 0).result()
        with pytest.raises((pickle.PicklingError, AttributeError), match="pickle"):
            list(each(unsendable, JOBS, crew))
        assert crew.submit(own_pid, 0).result() == before
    assert "Traceback" not in capfd.readouterr().err


def test_ctrl_c_is_for_no_worker() -> None:
    """Whichever of them starts, and whenever: each would print a traceback of its own."""
    with Processes(2) as crew:
        assert all(held for _, held in each(held_back, range(6), crew))

    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_workers_end_with_their_parent() -> None:
    """A pool whose process was killed would wait for ever: a queue does not tell that nobody writes to it any more."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_hold_a_pool, args=(theirs,))
    process.start()
    worker = ours.recv()
    process.kill()
    process.join()

    deadline = time.monotonic() + 60
    while _lives(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(worker)


def _hold_a_pool(pipe: Connection) -> None:
    with Processes(1) as crew:
        pipe.send(crew.submit(own_pid, 0).result())
        time.sleep(600)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_without_the_extra_a_sentence_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"pip install 'kneedrive\[cluster\]' brings it, in a clone pip install"):
        Cluster("tcp://127.0.0.1:9")


@pytest.mark.extra
def test_a_cluster_gives_the_same(cluster: str) -> None:
    with Cluster(cluster) as crew:
        assert crew.ahead() == 2
        assert list(each(square, JOBS, crew)) == SQUARES


@pytest.mark.extra
@pytest.mark.parametrize("address", ["hello", "tcp://host", "host:8786", "tcp://host:port"])
def test_what_is_no_address_is_said(address: str) -> None:
    pytest.importorskip("distributed", reason="kneedrive[cluster] is not installed")
    with pytest.raises(ConfigError, match="write tcp://HOST:PORT"):
        Cluster(address)


@pytest.mark.extra
def test_without_a_scheduler_a_sentence_says_how_to_start_one() -> None:
    pytest.importorskip("distributed", reason="kneedrive[cluster] is not installed")
    with pytest.raises(Unreachable, match="dask scheduler"):
        Cluster("tcp://127.0.0.1:9", timeout_s=0.5)


@pytest.mark.extra
@pytest.mark.slow
def test_a_worker_of_a_cluster_that_is_killed_loses_nothing() -> None:
    distributed = pytest.importorskip("distributed", reason="kneedrive[cluster] is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local,
        Cluster(local.scheduler_address) as crew,
    ):
        results = each(slowly, JOBS, crew)
        found = [next(results)]
        os.kill(next(iter(local.workers.values())).pid, signal.SIGKILL)
        found += results

    assert found == SQUARES


@pytest.mark.extra
@pytest.mark.slow
def test_a_job_that_ends_every_worker_of_a_cluster_is_lost_alone() -> None:
    """Not the others of its batch, nor those that waited beside it."""
    distributed = pytest.importorskip("distributed", reason="kneedrive[cluster] is not installed")
    dask = pytest.importorskip("dask")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as local,
        Cluster(local.scheduler_address) as crew,
    ):
        found = dict(each(end_always, JOBS, crew))

    assert found.pop(7) == Lost()
    assert found == {job: result for job, result in SQUARES if job != 7}
