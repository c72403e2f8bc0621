"""A room's state: tables of typed columns, the groups that decide who sees which rows, and what changed when."""
