"""What we give to those who test: the suite that every connector passes, and a plugin for pytest."""
