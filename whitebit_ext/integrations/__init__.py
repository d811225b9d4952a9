"""Web framework integrations: routes that connect a user's WhiteBIT account.

``core`` has the whole behaviour and knows no framework; ``starlette``, ``fastapi``, ``flask`` and
``django`` only translate requests and responses. Each needs the extra of its name, and none is
imported by the rest of the package. See ``docs/web.md``.
"""
