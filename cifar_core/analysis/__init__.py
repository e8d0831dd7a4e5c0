"""Reads what runs stored: confusion, mistakes, curves."""
