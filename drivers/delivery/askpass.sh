#!/bin/sh
# Gives ssh the password of a destination out of its file: passwords are neither arguments nor environment.
exec cat -- "$COMPULSA_PASSWORD_FILE"
