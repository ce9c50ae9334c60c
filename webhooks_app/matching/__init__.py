"""Find the subscriptions that match an event.

`match` keeps the matcher of each organisation. `conditions` and `operators` evaluate (pure).
`changes` and `states` find which fields of an object changed. `rows` turns events and their matches
into rows.
"""
