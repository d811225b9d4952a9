"""What is kept: sealed rows over a store, leases, the spill directory."""
