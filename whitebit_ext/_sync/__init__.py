# Made from whitebit_ext/_async/__init__.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""The sync interface."""
