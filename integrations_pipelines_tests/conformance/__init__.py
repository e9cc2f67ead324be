"""The conformance kit: a third party that behaves as a connector says, and the points that every connector holds."""
