from __future__ import annotations

from tests.support.http import li_na as li_na
from tests.support.http import manager as manager
from tests.support.http import office as office
from tests.support.http import shared_office as shared_office
from tests.support.http import tokens as tokens
from tests.support.http import wang_fang as wang_fang
