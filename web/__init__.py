"""The pages: a Flask application over the engine."""
