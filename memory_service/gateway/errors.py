"""What can be wrong with a chat request, beyond what verbs find."""

from __future__ import annotations

from memory_service.verbs.errors import VerbError


class UnknownModel(VerbError):
    """The model is none of those that `GET /v1/models` lists; name one of them, or none at all."""

    code = "unknown-model"
    status = 404
