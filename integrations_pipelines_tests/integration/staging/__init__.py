"""Fetching from real HTTP servers and landing in a real PostgreSQL."""
