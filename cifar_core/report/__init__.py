"""A report in the seed document's form, of one or several stored runs."""
