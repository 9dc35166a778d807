"""The best choice for all targets together, nothing being a choice, too."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

# A source may fill several targets (an account: customer, payer and consignee), each further one a little less readily.
_AGAIN: Final = (0.0, 0.03, 0.06, 0.09)


def assign(confidences: Mapping[tuple[int, int], float], accept: float) -> dict[int, int]:
    """Target to source, such that the sum of what lies above `accept` is greatest; the others stay empty.

    `confidences` is by (source, target).
    """
    worth = {pair: value - accept for pair, value in confidences.items() if value >= accept}
    sources, targets = sorted({one for one, _ in worth}), sorted({other for _, other in worth})
    if not worth:
        return {}
    row = {target: at for at, target in enumerate(targets)}
    column = {source: at * len(_AGAIN) for at, source in enumerate(sources)}
    gain = np.full((len(targets), len(sources) * len(_AGAIN) + len(targets)), -1.0)
    gain[:, len(sources) * len(_AGAIN) :] = 0.0
    for (source, target), value in worth.items():
        for time, less in enumerate(_AGAIN):
            gain[row[target], column[source] + time] = value - less if value > less else 1e-6
    chosen = linear_sum_assignment(gain, maximize=True)
    return {
        targets[at]: sources[to // len(_AGAIN)]
        for at, to in zip(*chosen, strict=True)
        if to < len(sources) * len(_AGAIN) and gain[at, to] > 0
    }
