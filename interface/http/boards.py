"""What is posted for everybody (公开上墙): needs no token."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from interface.http.answers import json
from interface.http.resource import Resource
from interface.http.services import services

resource = Resource("boards", "/public", "What is posted for everybody")

BoardSchema = Schema.from_dict({"board": fields.String(), "units": fields.Dict()}, name="Board")


@resource.get("/<string:board>", BoardSchema, open_to_all=True)
def show_board(query: dict[str, Any], board: str) -> Response:
    """What each unit has published last on this board."""
    return json(services().boards.board(board, services().now()))
