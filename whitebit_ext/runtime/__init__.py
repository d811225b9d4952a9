"""Process-wide infrastructure: clock, threads, forks, caches."""
