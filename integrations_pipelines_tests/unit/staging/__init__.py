"""Records, waiting and files, without a network."""
