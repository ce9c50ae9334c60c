"""For whoever runs the machine.

`health` says what is up, `integrity_check` looks for what should never be, `periodic` takes turns.
"""
