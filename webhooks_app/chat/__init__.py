"""Chat messages in, events out.

`report` stores messages in one transaction. `derive` says which events follow (pure, over `state`).
`contacts` and `listening` find details and requests in texts. `idle` ends quiet conversations.
"""
