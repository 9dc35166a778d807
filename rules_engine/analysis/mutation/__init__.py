"""Do a ruleset's cases notice when it changes: one small change at a time, and the case that would catch it."""
