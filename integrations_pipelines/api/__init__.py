"""FastAPI: what others ask of us over HTTP."""
