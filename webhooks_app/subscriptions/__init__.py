"""Actions and webhooks: what an organisation wants to follow an event.

`service` makes, changes and deletes them, `queries` reads them, `fields` checks what people give.
`preview` judges recent events, `test_delivery` sends a sample, `auto_disable` ends what only fails.
"""
