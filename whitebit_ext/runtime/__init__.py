"""What belongs to a process: clock, threads, forks."""
