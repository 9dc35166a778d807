"""What brings work in and takes it on: webhooks, the worker, the sweep."""
