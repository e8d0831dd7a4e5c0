"""The Training page: launch, watch, stop, resume, clone."""
