"""Account reads: queries, records, decoding, windows and partitions. Nothing here awaits."""
