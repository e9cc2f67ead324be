"""Webhooks: verified on their raw bytes, stored once, claimed by lease. Knows no vault: secrets are handed in."""
