"""Send what is due: claim, attempt, decide, record.

`engine` is the loop. `claim` takes deliveries with a lease, `endpoints` keeps what they need,
`retry` decides what follows, and `recorder` and `record` store it. `switching_off` switches
subscriptions off.
"""
