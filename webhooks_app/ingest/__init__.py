"""Accepting events: the busiest transaction.

`service` is what doors call, `group_commit` joins requests that come at the same time.
`accept` stores events and their deliveries in one transaction, of `rows`.
"""
