"""What was learned fits the code that reads it, and holds for systems that it was not learned from."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.suggestions import FOLDER, Answer, Count, judge, suggested
from benchmarks.suggestions_training import grow, learned_apart, no_system_in_common, read_tasks
from rules_engine.conversion.suggest.assign import assign
from rules_engine.conversion.suggest.candidates import candidates, features, ranking
from rules_engine.conversion.suggest.evidence import evidence, pairing
from rules_engine.conversion.suggest.kinds import KINDS, declared_kind, fit, look
from rules_engine.conversion.suggest.model import confidence, learned, score
from rules_engine.conversion.suggest.profile import profiles
from rules_engine.conversion.suggest.schema import read_schema


def test_the_weights_are_of_the_features_that_the_code_computes():
    source, target = read_schema(["a", "b"]), read_schema(["c"])
    pair = pairing(profiles(source, target), profiles(target, source), source, target)
    ranked = ranking(pair, evidence(pair), learned().evidence)
    names, rows = features(ranked, candidates(ranked))
    assert names == learned().features
    assert set(learned().evidence) == set(ranked.evidence)
    assert max(int(tree.feature.max()) for tree in learned().trees) < len(names) == rows.shape[1]


def test_all_evidence_lies_between_0_and_1():
    source, target = (read_schema([f"{side}_{at} name date" for at in range(7)]) for side in ("billing", "shipping"))
    pair = pairing(profiles(source, target), profiles(target, source), source, target)
    for name, matrix in evidence(pair).items():
        assert matrix.shape == (7, 7), name
        assert 0 <= matrix.min() <= matrix.max() <= 1, name


def test_a_tree_learns_what_parts_right_from_wrong():
    random = np.random.default_rng(1)
    rows = random.random((400, 3))
    right = (rows[:, 1] > 0.5).astype(float)
    trees = tuple(grow(rows, right, np.ones(400), np.random.default_rng(at)) for at in range(20))
    said = score(trees, np.array([[0.5, 0.95, 0.5], [0.5, 0.05, 0.5]]))
    assert said[0] > 0.9
    assert said[1] < 0.1


def test_confidence_grows_with_the_score():
    said = confidence(np.linspace(0, 1, 50), learned().calibration)
    assert (np.diff(said) >= 0).all()
    assert 0 < said[0] < 0.05
    assert 0.95 < said[-1] < 1


@pytest.mark.parametrize(
    ("confidences", "chosen"),
    [
        ({}, {}),
        ({(0, 0): 0.3}, {}),
        ({(0, 0): 0.9, (1, 0): 0.8}, {0: 0}),
        ({(0, 0): 0.9, (0, 1): 0.89, (1, 1): 0.88}, {0: 0, 1: 1}),
        ({(0, 0): 0.9, (0, 1): 0.9}, {0: 0, 1: 0}),
        ({(0, at): 0.9 for at in range(6)}, {at: 0 for at in range(4)}),
    ],
)
def test_the_choice_is_the_best_for_all_targets_together(confidences, chosen):
    found = assign(confidences, 0.4)
    assert len(found) == len(chosen)
    assert {source for source in found.values()} == set(chosen.values())
    if len(chosen) < 3:
        assert found == chosen


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("Text[100]", "text"), ("varchar(255)", "text"), ("Text Editor", "long text"), ("many2one", "reference"),
        ("Link", "reference"), ("Code[20]", "text"), ("Decimal", "number"), ("Currency", "money"), ("Check", "boolean"),
        ("date-time", "datetime"), ("DateTime", "datetime"), ("Enum Item Type", "choice"), ("multipicklist", "list"),
        ("string[]", "list"), ("Uniqueidentifier", "identifier"), ("Percent", "percent"), ("odd", "unknown"),
    ],
)  # fmt: skip
def test_types_are_known_by_many_systems_words(declared, kind):
    assert declared_kind(declared, "", False) == kind


def test_a_kind_fits_itself_best():
    for kind in KINDS[:-1]:
        assert fit(kind, kind) == max(fit(kind, other) for other in KINDS) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a.b@example.org", "e-mail address"), ("2026-03-31", "date"), ("2026-03-31T10:00:00Z", "date and time"),
        (1774947600000, "date and time"), (12, "whole number"), ("12.50", "decimal number"),
        ("EUR", "three-letter code"),

        ("+49 171 5550133", "phone number"), (True, "yes or no"), ("SO-1001", "code"),
        ("https://example.org", "web address"),
    ],
)  # fmt: skip
def test_values_are_known_by_their_looks(value, shown):
    assert look(value) == shown


def test_a_decision_is_judged_right_wrong_plausible_or_a_trap():
    raw = {
        "truth": [{"source": ["a", "b"], "target": "x"}, {"source": ["c"], "target": "y", "optional": True}],
        "ignore": [{"source": ["d"], "target": "z"}],
        "not_copied": [{"source": ["e"], "target": "w"}],
    }
    answer = Answer({"x": [("q",), ("b",)]}, {"x": ("b",), "y": ("q",), "z": ("d",), "w": ("e",)})
    assert judge(raw, answer) == Count(right=1, wrong=2, found=1, among_three=1, wanted=1, traps=1, all_traps=1)


@pytest.mark.skipif(not Path(FOLDER).is_dir(), reason=f"no pairs of schemas at {FOLDER.name}")
def test_pairs_of_systems_that_were_not_learned_from_are_found():
    tasks = [task for task in read_tasks(FOLDER) if len(task.systems) > 1]
    apart = learned_apart(tasks, no_system_in_common, 10)
    total = Count()
    for task in tasks:
        total.add(judge(task.raw, suggested(task, apart[task.name])))
    _, _, both, among_three = total.figures
    assert among_three >= 0.92
    assert both >= 0.5
