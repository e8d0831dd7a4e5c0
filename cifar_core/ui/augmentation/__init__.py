"""The Augmentation page: its editor."""
