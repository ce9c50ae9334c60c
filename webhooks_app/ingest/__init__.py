"""Accept events: the busiest transaction.

API and pages call `service`. `group_commit` joins requests that arrive at the same time. `accept`
stores events and their deliveries in one transaction.
"""
