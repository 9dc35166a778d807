"""What can be said about a ruleset before it runs: one check a file."""
