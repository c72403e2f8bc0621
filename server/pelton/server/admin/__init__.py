"""The admin port: what those who run the server want to know. Reads lobby and metrics, and changes nothing."""
