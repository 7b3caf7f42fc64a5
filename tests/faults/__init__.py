"""The fault matrix: what each provider makes of each fault on the way, one cell per hook.

`nox -s faults` prints it. A row is one fault, played by a server of raw sockets (`server`), a
column is one hook of one provider. What a cell has to show is one table, `rules`; how a cell is
made and looked at is in `cells`.
"""
