"""What the speed claims rest on: `python -m bench NAME`, each against a limit of the same run."""
