"""Logs: from a record to one line, safe to read, of a bounded number, written where nobody has to wait for it."""
