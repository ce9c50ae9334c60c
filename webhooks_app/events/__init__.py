"""Events that were accepted, and the types that an organisation knows.

`stream` reads events and explains their matches, `manual_event` sends one by hand.
`type_registry` knows all types, `custom_types` registers an organisation's own.
"""
