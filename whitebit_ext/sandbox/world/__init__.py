"""What a WhiteBIT holds: users, clients, keys, tokens, histories, and the clock they go by."""
