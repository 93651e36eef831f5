"""A worker that folds and does nothing else, for registers that were filled.

In a history that was made up more fell due than in a desk that was attended; to put that on record
first would take longer than what is to be measured.
"""

from __future__ import annotations

import os

from infrastructure.opening import Urls
from interface.stopping import Stop
from interface.worker import fold
from tests.bench.stock import parts_of

if __name__ == "__main__":
    parts = parts_of(Urls(os.environ["YICE_DATABASE_URL"], os.environ["YICE_KEYS_URL"]))
    parts.projector.prepare()
    fold(parts, Stop())
