"""The tests: unit (pure), integration (real PostgreSQL, real HTTP), acceptance (the whole product), benchmarks."""
