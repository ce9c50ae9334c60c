"""Accepted events, and an organisation's event types.

`stream` reads events and explains their matches; `manual_event` sends one by hand. `type_registry`
knows all types; `custom_types` registers an organisation's own.
"""
