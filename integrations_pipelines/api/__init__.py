"""HTTP: the webhook receiver, and beside it the REST API. Async at its edge only."""
