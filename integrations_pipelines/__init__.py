"""An open integration hub: third parties into PostgreSQL, resolved onto canonical entities, explained, reversible."""
