"""What is stored: encrypted rows over a store, leases, the spill directory."""
