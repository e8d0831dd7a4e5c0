"""The Augmentation page: its editor, and what is seen beside it."""
