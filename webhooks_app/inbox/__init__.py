"""The built-in test receiver, and tools to check signatures.

`inboxes` creates inboxes, `requests` keeps what they received, and `secrets` finds the secret that
signs. `signature_check` and `signature_tool` say why a request verifies or not; `snippets` shows
code.
"""
