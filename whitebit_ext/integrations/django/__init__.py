"""A Django application that connects users: settings ``WHITEBIT``, URLs, command and checks.

Add ``whitebit_ext.integrations.django`` to ``INSTALLED_APPS``, include its ``urls``, and migrate.
``conf`` describes the settings.
"""
