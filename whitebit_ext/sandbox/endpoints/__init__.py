"""The operations of WhiteBIT's API, and the pages of the login."""
