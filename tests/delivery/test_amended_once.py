"""A process that is killed at the worst moment of a change loses none and makes none twice."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rules_engine import approval, pipeline
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.folders import full_catalog
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.run import ConversionState
from rules_engine.ports import Route
from rules_engine.store.builtin_tables import OrderBookAmendmentRow
from rules_engine.store.rulesets import Rulesets
from rules_engine.store.session import open_engine, workspace_session
from tests import test_pipeline
from tests.test_amendments import wheels
from tests.test_pipeline import CASE, World

# Kills itself at the n-th moment at which the order book commits.
LIFE = """
import os, signal, sys
from pathlib import Path
from tests.delivery.test_amended_once import live
live(Path(sys.argv[1]), int(sys.argv[2]), lambda: os.kill(os.getpid(), signal.SIGKILL))
"""
# Before and after the commits of two changes; those of the quote and of the order came first.
MOMENTS = (5, 6, 7, 8)


def live(folder, at, die):
    """A deal is won; twice its order is changed, and the change approved."""
    world = World(folder)
    passed = iter(range(1, 100))

    def fault(_moment):
        if next(passed) == at:
            die()

    world.book._faults = fault
    world.act("win")
    for count in (9, 7):
        change_and_approve(world, count)


def change_and_approve(world, count):
    world.crm.change(CASE, Changes(put=wheels(count)))
    world.act("pay_deposit")
    for run in world.conversions():
        if run.state is ConversionState.PROPOSED:
            approval.approve(world.workspace, run, "Ana")


class Reopened(World):
    """The world of a process that is gone, on what it left in the database."""

    def __post_init__(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(test_pipeline, "new_sqlite_engine", lambda folder: open_engine(self.url))
            patch.setattr(test_pipeline, "new_workspace", lambda engine, slug: 1)
            patch.setattr(test_pipeline, "load_sample_data", lambda *_: None)
            super().__post_init__()

    @property
    def url(self):
        (file,) = self.folder.glob("*.sqlite")
        return f"sqlite:///{file}"

    def a_route(self, step, name):
        version = Rulesets(self.engine, self.id).current(name)
        ruleset = replace(read_ruleset(version.ruleset_text, full_catalog()), step=step)
        mapping = read_mapping(version.mapping_text, full_catalog())
        return Route(step, ruleset, mapping, version.number, version.id, "book", self.book)


@pytest.mark.parametrize("at", MOMENTS)
def test_killed_at_any_commit_each_change_is_made_once(tmp_path, at):
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", LIFE, str(tmp_path), str(at)], cwd=root, timeout=120)
    assert done.returncode == -signal.SIGKILL
    world = Reopened(tmp_path, at=test_pipeline.START + timedelta(hours=1))
    go_on(world)
    # What the dead process still had to do is done by a person again; what stands already is not asked for twice.
    for count in (9, 7):
        change_and_approve(world, count)
        go_on(world)
    (order,) = world.book.documents("order")
    assert len(world.book.documents("quote")) == 1
    items = world.book.read("order", order)["items"]
    assert next(item["qty"] for item in items if item["id"] == "L-2") == 7
    with workspace_session(world.engine, world.id, read_only=True) as session:
        there = session.scalars(select(OrderBookAmendmentRow.external_key).order_by(OrderBookAmendmentRow.id)).all()
    ours = [run.key for run in world.conversions() if run.amends and run.state is ConversionState.CONFIRMED]
    assert sorted(there) == sorted(ours)
    assert len(there) == len(set(there)) > 0
    assert not [run for run in world.conversions() if run.state in pipeline.OPEN]


def go_on(world):
    """What a worker does after a start: first the open conversions, then what follows from them."""
    world.resume_all()
    world.act("accept_quote")
    world.resume_all()
