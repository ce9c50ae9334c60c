"""Who may come in: accounts, members, invitations, sessions, passwords, API keys.

`sessions` knows the browsers and the workspace that a person looks at.
`api_keys` recognises a token and says what it opens.
"""
