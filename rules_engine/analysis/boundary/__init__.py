"""The cases at the edges of a ruleset's conditions."""
