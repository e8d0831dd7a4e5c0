"""A class's submissions in one table: read without trusting or running anything in them, judged, and compared."""
