"""Access: accounts, members, invitations, sessions, passwords, API keys.

`sessions` knows a person's browsers, `workspaces` where they can be. `api_keys` makes and ends
keys; `key_check` checks a token and says what it allows. `departures` closes what a leaving member
leaves open; `recipients` knows who outside may be mailed.
"""
