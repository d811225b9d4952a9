"""The async interface: all code that awaits; ``_sync`` is generated from it."""
