"""`hookline listen`: deliveries come to a server on this computer.

`session` talks to Hookline: it takes deliveries and reports results. `target` sends one to a
local server, and `routes` says which. `forwarder` runs many at once and loses none; `screen` prints
them. `terminal` reads single keys, and `keys` says what each does.
"""

from hookline.cli.listen.command import listen

__all__ = ["listen"]
