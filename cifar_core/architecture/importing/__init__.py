"""Reading a network that somebody brings along: as PyTorch prints it, or traced from its code."""
