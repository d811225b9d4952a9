"""`whitebit-oauth custody`: manage the store of credentials."""
