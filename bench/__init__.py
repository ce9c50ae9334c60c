"""The benchmarks behind the speed claims: `python -m bench NAME`, each beside a limit."""
