"""Who may come in: what a client shows at `hello` becomes an identity, or a refusal. No sockets, no clock."""
