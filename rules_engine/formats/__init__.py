"""Text to model and back, with line numbers kept for findings."""
