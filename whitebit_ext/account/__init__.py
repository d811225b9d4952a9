"""Account reads: queries, records, decoding, windows and parts of histories. Nothing awaits."""
