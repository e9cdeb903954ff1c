"""Measures Wharfside and Debian's docker-registry in the same run, and prints the ratios: `python -m benchmarks`."""
