"""One request and its answer: pools, requests, what answers mean, rate limits; nothing awaits."""
