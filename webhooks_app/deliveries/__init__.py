"""The log of deliveries: what was sent, what came of it, and sending it again.

`log` and `filters` read it, `replays` sends again, `statistics` and `overview` count.
`retention` deletes what is older than the plan keeps.
"""
