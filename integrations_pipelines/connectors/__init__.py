"""One file a third party, each one value. They do not know each other; the catalog finds them."""
