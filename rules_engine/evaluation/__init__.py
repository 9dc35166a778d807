"""What a ruleset means: conditions judged on a case, and why."""
