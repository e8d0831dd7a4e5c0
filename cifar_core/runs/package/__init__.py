"""The run package: one run in one file, `NAME.cifarrun`, to take along; docs/storage.md tells its format."""
