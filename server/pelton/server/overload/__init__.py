"""Too much to do: how much it is, what is done about it, and when that ends. Pure: no clock, no room, no log."""
