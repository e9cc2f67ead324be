"""What `make bench-matching` is made of: labelled sets, made-up people, the peer."""
