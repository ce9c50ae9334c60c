"""Who may come in: accounts, members, invitations, sessions, passwords, API keys.

`sessions` knows the browsers and the workspace that a person looks at.
`api_keys` makes and ends keys, `key_check` recognises a token and says what it opens.
`departures` closes what someone leaves open; `recipients` knows who outside may be mailed.
"""
