"""The product's own tables: source systems, jobs, record maps, the log; and every set-based statement on them."""
