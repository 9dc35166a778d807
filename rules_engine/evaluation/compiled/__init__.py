"""Rulesets compiled: tests on small integers for the production matcher, tables of bits for whole histories."""
