"""Comparison with PyTorch, each library in its own process; `python benchmarks/run.py --help`."""
