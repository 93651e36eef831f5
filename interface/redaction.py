"""The last line before a log: what looks like a secret is left out, whoever has said it.

Nobody logs a secret on purpose. Errors of libraries quote what they were given, and PostgreSQL
quotes the row that it refuses.
"""

from __future__ import annotations

import logging
import re

LEFT_OUT = "[left out]"

_SECRETS = re.compile(
    r"(?P<token>yice_[0-9a-f]{32}_)\w+"
    r"|(?P<signed>eyJ)[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?P<bytes>\\x)[0-9a-fA-F]{16,}"
    r"|(?P<user>://[^:/@\s]*:)[^@\s]+(?=@)"
    r"|(?P<password>password\s*=\s*)(?:'[^']*'|\S+)"
    r"|(?P<row>DETAIL:).*",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """The text without tokens of ours or of a provider, bytes, passwords, and refused rows."""
    return _SECRETS.sub(lambda found: f"{found[found.lastgroup or 0]}{LEFT_OUT}", text)


class Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def log_redacted() -> None:
    """To standard error; said again it changes nothing."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler])
