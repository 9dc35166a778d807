"""One try at a piece of work: what its failure means, and when the next try is due."""

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.exc import InterfaceError, OperationalError

from rules_engine.model.errors import Problem, Retryable
from rules_engine.ports import Clock

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=4)


@dataclass(frozen=True)
class Failure:
    """What to tell a person, and when to try again: without `retry_at`, never."""

    error: str
    retry_at: datetime | None


def wait(attempts: int, identity: str) -> timedelta:
    """How long to wait after so many failed tries: 10 s, 20 s, 40 s ... at most 4 h, each ± a quarter.

    The scatter keeps many that failed together from coming back together; for one identity it is always the same.
    """
    if attempts <= 0:
        return timedelta()
    longest = min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)
    share = zlib.crc32(f"{identity}:{attempts}".encode()) / 2**32
    return longest * (0.75 + share / 2)


def attempt(call: Callable[[], None], earlier: int, identity: str, clock: Clock) -> Failure | None:
    """Do it: None when it is done. `earlier` counts the failed tries before this one."""
    try:
        call()
    except Retryable as problem:
        return _again(str(problem), problem.after, earlier + 1, identity, clock)
    except (OperationalError, InterfaceError) as problem:
        return _again(f"our database did not answer: {problem.orig}", None, earlier + 1, identity, clock)
    except Problem as problem:
        return Failure(str(problem), None)
    except Exception:
        reference = uuid4().hex[:8]
        log.exception("error %s at %s", reference, identity)
        return Failure(f"an error of our own, in the log under `{reference}`", None)
    return None


def _again(error: str, after: float | None, attempts: int, identity: str, clock: Clock) -> Failure:
    if attempts >= MAX_ATTEMPTS:
        return Failure(given_up(error, attempts), None)
    asked = timedelta(seconds=min(after or 0, LONGEST_WAIT.total_seconds()))
    return Failure(error, clock() + max(asked, wait(attempts, identity)))


def given_up(error: str, attempts: int) -> str:
    return f"given up after {attempts} tries; the last one said: {error}"
