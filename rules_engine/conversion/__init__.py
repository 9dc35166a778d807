"""One document into another, with the lineage of every field and an account of every source field."""
