"""Who may: an endpoint that depends on ``require(scope)`` answers 401 without a valid token, 403 without the scope.

``app.state.hub`` holds the hub. No answer says what was wrong with a token, and none takes longer for it.
"""

from collections.abc import Callable

from fastapi import HTTPException, Request
from sqlalchemy.exc import DBAPIError

from integrations_pipelines.errors import Later
from integrations_pipelines.hub import Hub
from integrations_pipelines.vault import ChainBroken, Granted, TokenRejected, check_token

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def require(scope: str, *, system: str | None = None) -> Callable[[Request], Granted]:
    """Return a dependency that lets in whose token grants ``scope``, and gives what it grants.

    ``system`` is the path parameter that names the source system, for tokens that are bound to one::

        @router.get("/changes")
        def changes(who: Annotated[Granted, Depends(require("changes:read"))]) -> ...
    """

    def granted(request: Request) -> Granted:
        who = granted_by(request.app.state.hub, request.headers.get("authorization"))
        system_key = request.path_params.get(system) if system else None
        if not who.allows(scope, system_key):
            raise HTTPException(403, f"the token does not grant {scope}", headers=_CHALLENGE)
        return who

    return granted


def granted_by(hub: Hub, authorization: str | None) -> Granted:
    """Return what the header ``Authorization: Bearer <token>`` grants. Raises ``HTTPException`` 401, or 503."""
    scheme, _, token = (authorization or "").partition(" ")
    try:
        with hub.engine.begin() as connection:
            return check_token(connection, hub.keys, token.strip() if scheme.lower() == "bearer" else None)
    except TokenRejected as error:
        raise HTTPException(401, str(error), headers=_CHALLENGE) from None
    except (DBAPIError, Later, ChainBroken):
        # Our own trouble. Nobody is let in, and nobody is told that the token was at fault.
        raise HTTPException(503, "tokens cannot be checked now; try again later") from None
