"""Which field of one schema should fill which field of another, how sure we are, and why."""
