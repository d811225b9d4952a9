"""The HTTP server: ports, connections, and the ASGI application."""
