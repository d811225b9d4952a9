"""`whitebit-oauth account`: read a user's balances and histories."""
