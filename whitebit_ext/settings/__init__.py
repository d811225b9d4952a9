"""The checked arguments of a partner object, and those of the environment."""
