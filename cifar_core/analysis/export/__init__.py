"""A run in formats of other tools; docs/export.md tells what each holds."""
