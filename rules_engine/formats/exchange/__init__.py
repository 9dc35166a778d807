"""Rulesets from and to other people's formats: JsonLogic and DMN decision tables."""
