"""Parts of the Architecture page, one file a part."""
