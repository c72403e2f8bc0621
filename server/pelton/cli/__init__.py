"""The command line of Pelton."""
