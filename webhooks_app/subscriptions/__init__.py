"""Actions and webhooks: what an organisation wants to happen after an event.

`spec` declares every member once. `reading` and `faults` check input, `stored` reads rows.
`service` makes, changes and deletes them; `queries` finds them. `preview` matches recent events,
`test_delivery` sends a sample, and `auto_disable` switches off what only fails.
"""
