"""Run a command of the project."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    # The library refuses a SQLite file that other users of the machine can read.
    os.umask(0o077)
    execute_from_command_line(sys.argv)
