"""The log of deliveries: what was sent, how it ended, and sending it again.

`log` and `filters` list deliveries, `detail` reads one, `send_again` and `replays` send one or many
again, `missed` finds events that were never sent, and `statistics` and `overview` count.
`retention` deletes what is older than the plan keeps.
"""
