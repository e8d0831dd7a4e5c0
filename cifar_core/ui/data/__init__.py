"""The views of "Look at the data" on Home."""
