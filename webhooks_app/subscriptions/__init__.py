"""Actions and webhooks: what an organisation wants to follow an event.

`spec` declares every member once; `reading` and `faults` judge what people send, `stored` what rows
hold. `service` makes, changes and deletes them, `queries` finds them. `preview` judges recent
events, `test_delivery` sends a sample, `auto_disable` ends what only fails.
"""
