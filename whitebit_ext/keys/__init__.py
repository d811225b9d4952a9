"""The OAuth-issued API key: signing, the secret that can be read once, key health."""
