"""For operators: `health` shows what works, `integrity_check` looks for broken rows.

`periodic` lets one process at a time run a periodic job. `slices` and `deleting` are for long jobs.
"""
