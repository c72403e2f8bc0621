"""`pelton top`: how a server is, again and again: what its admin port tells, made into rates, shown as a table."""
