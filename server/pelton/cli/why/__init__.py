"""`pelton why`: why a tick was slow, why an action was refused. Asks the admin port, or reads a record in a file."""
