"""`whitebit-oauth demo`: the whole partner flow against an embedded sandbox."""
