"""Listeners: a developer's computer fetches its deliveries, sends them on and reports the answers.

`starting` and `ending` are its life, `visits` the lease that each request renews, `taking` hands
out deliveries under a lease of their own, and `results` stores how they ended.
"""
