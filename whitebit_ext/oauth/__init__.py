"""OAuth 2.0: the protocol, logins, token pairs."""
