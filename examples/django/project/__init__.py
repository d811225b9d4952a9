"""A Django project whose users connect their WhiteBIT accounts."""
