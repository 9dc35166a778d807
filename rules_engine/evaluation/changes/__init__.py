"""The smallest set of changes to a record that would flip a verdict, in words."""
