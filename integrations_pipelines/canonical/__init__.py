"""The one door to canonical entities, wherever they live: their values, and who they are."""
