"""Which subscriptions want an event.

`match` keeps the matcher of each organisation, `conditions` and `operators` judge (pure).
`changes` and `states` find out which fields of an object changed.
"""
