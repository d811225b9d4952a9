"""Create the tables of the store, with the statements of the store itself."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


def create(apps: Any, editor: Any) -> None:
    """Run the first step of the schema on the database of ``DjangoStore``."""
    from whitebit_ext.custody.stores import schema
    from whitebit_ext.integrations.django import conf

    vendor = editor.connection.vendor
    if editor.connection.alias == conf.setting("DATABASE") and vendor in schema.DIALECTS:
        for statement in schema.statements(vendor, until=1):
            editor.execute(statement)


class Migration(migrations.Migration):
    """The first version of the schema."""

    dependencies: ClassVar[list[Any]] = []
    operations: ClassVar[list[Any]] = [
        migrations.RunPython(create, migrations.RunPython.noop, elidable=False)
    ]
