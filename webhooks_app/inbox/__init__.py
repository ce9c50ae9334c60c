"""The built-in test receiver, and the tools to check a signature.

`inboxes` makes them, `requests` keeps what they were sent, `secrets` finds whose secret signs.
`signature_check` and `signature_tool` say why a request verifies or not; `snippets` shows code.
"""
