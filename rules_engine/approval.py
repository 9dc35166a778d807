"""A person's word on what is proposed: approved, refused, or made there by hand."""

from rules_engine import pipeline
from rules_engine.model.errors import Permanent, Retryable
from rules_engine.model.run import OPEN, ConversionRun, ConversionState
from rules_engine.ports import AmendingConnector, Workspace


def can_send(workspace: Workspace, run: ConversionRun) -> bool:
    """Whether a yes is enough; else a person makes the change in the order system."""
    return not run.amends or isinstance(workspace.connections.orders(run.connection), AmendingConnector)


def approve(workspace: Workspace, run: ConversionRun, who: str) -> ConversionRun:
    """Send what was proposed, as it was seen, under its own key; a no of the order system comes back in its state.

    Raises Permanent where it is not proposed any more, is another document by now, or a person must make it there.
    """
    if not can_send(workspace, run):
        words = f"`{run.connection}` can't take a change from here: make it there, and say that it is done"
        raise Permanent(words)
    known = workspace.runs.case(run.crm_connection, run.opportunity).conversions
    if run.amends and any(each.amends == run.amends and each.state in OPEN for each in known):
        raise Permanent("another change of it is on its way: wait for its outcome")
    other = None if run.amends else pipeline.standing(workspace, run)
    if other is not None:
        number = other.written.number if other.written else other.key
        raise Permanent(f"the {run.kind} `{number}` stands: another one beside it would be a second {run.kind}")
    planned = workspace.runs.answer(run, ConversionState.PLANNED, who)
    try:
        pipeline.resume(workspace, planned)
    except Retryable:
        # What follows the sending failed, and the worker does it again: the yes itself was carried out.
        if workspace.runs.conversion(run.key).state is not ConversionState.CONFIRMED:
            raise
    return workspace.runs.conversion(run.key)


def refuse(workspace: Workspace, run: ConversionRun, who: str, why: str = "") -> ConversionRun:
    """Remembered: the same document or change is not proposed again. Raises Permanent as `approve` does."""
    return workspace.runs.answer(run, ConversionState.DECLINED, who, why)


def made_by_hand(workspace: Workspace, run: ConversionRun, who: str) -> ConversionRun:
    """A change that a person made in the order system: what is compared from then on. Raises Permanent."""
    if not run.amends:
        raise Permanent(f"only a change is made by hand: conversion {run.id} is {run.kind} {run.key}")
    return workspace.runs.answer(run, ConversionState.CONFIRMED, who, "made there by hand")
