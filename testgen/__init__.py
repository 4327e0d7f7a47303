"""Turns the state graph of a checked TLA+ specification into tests of the real system."""
