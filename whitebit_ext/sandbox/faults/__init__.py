"""What a test can make go wrong: faults, holds, and oddities of the answers."""
