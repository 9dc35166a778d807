"""Matchers that do each of the things that a native engine can do instead of answering."""

import os
import signal

from rules_engine.evaluation.match import ReferenceMatcher

BAD = "bad"  # the rule on which they go wrong


class Wrong(ReferenceMatcher):
    """Says the opposite of one rule."""

    def match(self, ruleset, case, now):
        asked = {rule.id for rule in ruleset.rules} & {BAD}
        return super().match(ruleset, case, now) ^ asked


class WrongAtTheEdge(ReferenceMatcher):
    """Takes `at least` for `more than`: only the very bound shows it."""

    def match(self, ruleset, case, now):
        amount = case.record.get("opportunity", {}).get("amount")
        at_the_edge = getattr(amount, "amount", None) == 5000
        return super().match(ruleset, case, now) - ({BAD} if at_the_edge else set())


def when_asked_about_it(ruleset):
    return any(rule.id == BAD for rule in ruleset.rules)


class Crashing(ReferenceMatcher):
    def match(self, ruleset, case, now):
        if when_asked_about_it(ruleset):
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().match(ruleset, case, now)


class Looping(ReferenceMatcher):
    def match(self, ruleset, case, now):
        while when_asked_about_it(ruleset):
            pass
        return super().match(ruleset, case, now)


class Waiting(ReferenceMatcher):
    """Uses no processor time: only the clock ends it."""

    def match(self, ruleset, case, now):
        while when_asked_about_it(ruleset):
            signal.pause()
        return super().match(ruleset, case, now)


class Gluttonous(ReferenceMatcher):
    def match(self, ruleset, case, now):
        eaten = []
        while when_asked_about_it(ruleset):
            eaten.append(bytearray(10_000_000))
        return super().match(ruleset, case, now)


class Chattering(ReferenceMatcher):
    def match(self, ruleset, case, now):
        while when_asked_about_it(ruleset):
            os.write(1, b"x" * 1_000_000)
        return super().match(ruleset, case, now)


class Refusing(ReferenceMatcher):
    def match(self, ruleset, case, now):
        if when_asked_about_it(ruleset):
            raise ValueError("code 107")
        return super().match(ruleset, case, now)


class Leaving(ReferenceMatcher):
    def match(self, ruleset, case, now):
        if when_asked_about_it(ruleset):
            os._exit(0)
        return super().match(ruleset, case, now)


class OnlyTogether(ReferenceMatcher):
    """Crashes on the rules together, and on none of them alone."""

    def match(self, ruleset, case, now):
        if len(ruleset.rules) > 1:
            os.abort()
        return super().match(ruleset, case, now)


class Curious(ReferenceMatcher):
    """Fails with what it can see of the process that started it."""

    def match(self, ruleset, case, now):
        handles = sorted(int(each) for each in os.listdir("/dev/fd"))[3:]
        # One of them is the folder that is being listed.
        raise ValueError(f"{sorted(os.environ)} and {len(handles) - 1} handles")
