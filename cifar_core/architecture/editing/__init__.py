"""Changing a network: its table of rows, its widths, budgets, suggestions, and what differs between two."""
