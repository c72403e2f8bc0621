"""The authenticator that `[auth]` names, with an error that says which key is wrong and what would be right."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import cast

from pelton.server.auth.anonymous import AnonymousAuthenticator
from pelton.server.auth.identity import Authenticator
from pelton.server.auth.ticket import SECRET_MIN, TicketAuthenticator
from pelton.server.config import AuthConfig

__all__ = ["AuthError", "load_authenticator"]

KEY_FILE_BYTES_MAX = 65_536


class AuthError(Exception):
    """The section `[auth]` asks for what cannot be had."""


def load_authenticator(config: AuthConfig) -> Authenticator:
    """Make it. AuthError names the key that stands in the way."""
    match config.authenticator:
        case "anonymous":
            return AnonymousAuthenticator()
        case "ticket":
            return TicketAuthenticator(_secret(config), config.audience)
        case "jwt":
            return _jwt(config)
        case entry:
            return _own(entry)


def _secret(config: AuthConfig) -> str:
    if not config.secret:
        raise AuthError(
            f"[auth] secret is empty: {config.authenticator!r} needs one of at least {SECRET_MIN} characters, best in "
            "the environment as PELTON_AUTH__SECRET; `python -c 'import secrets; print(secrets.token_urlsafe(32))'` "
            "makes one"
        )
    return config.secret


def _jwt(config: AuthConfig) -> Authenticator:
    try:
        from pelton.server.auth.jwt import JwtAuthenticator, JwtRules
    except ImportError as error:
        raise AuthError(f"[auth] authenticator = 'jwt' needs PyJWT: pip install 'pelton[jwt]' ({error})") from error
    if not config.jwt_issuer:
        raise AuthError("[auth] jwt_issuer is empty: say whose tokens these are, as in their claim iss")
    key = _secret(config) if config.jwt_algorithm.startswith("HS") else _public_key(config)
    key_ids = frozenset(name.strip() for name in config.jwt_key_ids.split(",") if name.strip())
    try:
        return JwtAuthenticator(JwtRules(config.jwt_algorithm, key, config.audience, config.jwt_issuer, key_ids))
    except ValueError as error:
        raise AuthError(f"[auth] jwt_algorithm = {config.jwt_algorithm!r}: {error}") from None


def _public_key(config: AuthConfig) -> str:
    if not config.jwt_key_file:
        raise AuthError(
            f"[auth] jwt_key_file is empty: {config.jwt_algorithm} needs the issuer's public key, a file in PEM"
        )
    try:
        with Path(config.jwt_key_file).open(encoding="ascii") as file:
            text = file.read(KEY_FILE_BYTES_MAX)
    except (OSError, ValueError) as error:
        problem = (error.strerror if isinstance(error, OSError) else None) or "not a text"
        raise AuthError(f"[auth] jwt_key_file = {config.jwt_key_file!r}: cannot be read: {problem}") from None
    if "PUBLIC KEY" not in text:
        raise AuthError(f"[auth] jwt_key_file = {config.jwt_key_file!r}: there is no public key in it")
    return text


def _own(entry: str) -> Authenticator:
    """A class of the game's developer, `module:Class`, made without arguments."""
    module_name, _, class_name = entry.partition(":")
    named = f"[auth] authenticator = {entry!r}"
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise AuthError(f"{named}: cannot import {module_name!r}: {error}") from error
    kind: object = getattr(module, class_name, None)
    if kind is None:
        raise AuthError(f"{named}: {module_name} has no {class_name!r}")
    if not isinstance(kind, type) or not callable(getattr(kind, "authenticate", None)):
        raise AuthError(f"{named}: {class_name} is not a class with a method authenticate(credentials, now_s)")
    try:
        return cast("Authenticator", kind())
    except Exception as error:
        raise AuthError(f"{named}: cannot be made: {error}") from error
