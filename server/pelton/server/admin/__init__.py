"""The admin port: for those who run the server. Reads lobby, metrics and records; only `doing.py` changes something."""
