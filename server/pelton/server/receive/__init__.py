"""Sockets to actions: accept, sweep, decode, check, queue. Knows the rooms only by the seats they give."""
