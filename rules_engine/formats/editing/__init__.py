"""Edits of a text that leave what they do not touch as its author wrote it."""
