"""A person's own picture on a page: brought, kept, and shown as the network sees it."""
