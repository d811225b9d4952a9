"""The async face: everything that awaits, written once; ``_sync`` is generated from it."""
