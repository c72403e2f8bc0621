"""Tokens that a server must refuse, each wrong in one way. The key of the right one is `SECRET`."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

SECRET = "a secret of the tests, long enough for anybody"
OTHER = "another secret of the tests, as long as the first"
AUDIENCE, ISSUER, KEY_ID = "pelton", "https://login.example.com/", "2026-11"
NOW_S = 1_800_000_000
RIGHT: dict[str, Any] = {"sub": "ada", "aud": AUDIENCE, "iss": ISSUER, "exp": NOW_S + 600}
HEAD = {"alg": "HS256", "typ": "JWT", "kid": KEY_ID}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(head: object, claims: object, key: str = SECRET) -> str:
    """A token as no library would make it, signed all the same."""
    signed = ".".join(b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{b64(hmac.digest(key.encode(), signed.encode(), sha256))}"


def token(key: str = SECRET, head: dict[str, Any] | None = None, **claims: Any) -> str:
    """A right token with these claims instead; None leaves one out."""
    told = {name: value for name, value in (RIGHT | claims).items() if value is not None}
    return raw(HEAD | (head or {}), told, key)


@cache
def rsa_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem() -> str:
    return rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem() -> str:
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def rsa_token(head: dict[str, Any] | None = None, **claims: Any) -> str:
    return jwt.encode(RIGHT | claims, rsa_key(), algorithm="RS256", headers={"kid": KEY_ID} | (head or {}))


def unsigned(alg: str) -> str:
    return f"{b64(json.dumps({**HEAD, 'alg': alg}).encode())}.{b64(json.dumps(RIGHT).encode())}."


def jwk() -> dict[str, str]:
    return {"kty": "oct", "k": b64(OTHER.encode()), "alg": "HS256"}


WRONG: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "a word": lambda: "ticket",
    "dots": lambda: "..",
    "many dots": lambda: "." * 500,
    "not ASCII": lambda: "é" * 20,
    "a zero character": lambda: "\0",
    "1 MB": lambda: "a" * 1_000_000,
    "1 MB, signed": lambda: token(x="a" * 1_000_000),
    "2049 characters": lambda: "a" * 2049,
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "alg nOnE, signed": lambda: token(head={"alg": "nOnE"}),
    "alg missing": lambda: raw({"typ": "JWT", "kid": KEY_ID}, RIGHT),
    "alg a list": lambda: raw({**HEAD, "alg": ["HS256"]}, RIGHT),
    "alg HS512": lambda: jwt.encode(RIGHT, SECRET * 2, algorithm="HS512", headers={"kid": KEY_ID}),
    "alg RS256 by somebody": rsa_token,
    "no mac": lambda: token().rpartition(".")[0] + ".",
    "a mac cut short": lambda: token()[:-4],
    "the mac of another token": lambda: token().rpartition(".")[0] + "." + token(sub="bob").rpartition(".")[2],
    "another secret": lambda: token(OTHER),
    "an empty secret": lambda: token(""),
    "a JWK in the header": lambda: token(OTHER, {"jwk": jwk()}),
    "a JWK as the secret": lambda: token(json.dumps(jwk())),
    "jku": lambda: token(head={"jku": "https://evil.example.com/keys"}),
    "x5u": lambda: token(head={"x5u": "https://evil.example.com/cert"}),
    "crit": lambda: token(head={"crit": ["exp"]}),
    "crit that is unknown": lambda: token(head={"crit": ["b64"], "b64": False}),
    "another key id": lambda: token(head={"kid": "2020-01"}),
    "no key id": lambda: raw({"alg": "HS256", "typ": "JWT"}, RIGHT),
    "a key id that is a path": lambda: token(head={"kid": "../../dev/null"}),
    "a key id that is a list": lambda: token(head={"kid": [KEY_ID]}),
    "expired": lambda: token(exp=NOW_S - 6),
    "expired long ago": lambda: token(exp=1),
    "no exp": lambda: token(exp=None),
    "exp a text": lambda: token(exp=str(NOW_S + 600)),
    "exp infinite": lambda: token(exp=float("inf")),
    "exp a bool": lambda: token(exp=True),
    "exp not a number": lambda: token(exp=float("nan")),
    "not valid yet": lambda: token(nbf=NOW_S + 60),
    "nbf a text": lambda: token(nbf="soon"),
    "no aud": lambda: token(aud=None),
    "another aud": lambda: token(aud="the test server"),
    "aud a list": lambda: token(aud=["the test server", AUDIENCE]),
    "no iss": lambda: token(iss=None),
    "another iss": lambda: token(iss="https://evil.example.com/"),
    "iss a list": lambda: token(iss=[ISSUER]),
    "no sub": lambda: token(sub=None),
    "sub empty": lambda: token(sub=""),
    "sub a number": lambda: token(sub=7),
    "sub of 65 characters": lambda: token(sub="a" * 65),
    "sub with a line break": lambda: token(sub="a\nb"),
    "claims that are a list": lambda: raw(HEAD, [RIGHT]),
    "claims that are no JSON": lambda: raw(HEAD, b"{"),
    "claims nested deep": lambda: raw(HEAD, b"[" * 1000),
    "a header nested deep": lambda: raw(b"[" * 1000, RIGHT),
    "a header that is a list": lambda: raw([], RIGHT),
    "too many claims": lambda: raw(HEAD, RIGHT | {f"c{index}": index for index in range(40)}),
    "a ticket of ours": lambda: "v1.eyJ1IjoiYWRhIn0.bWFj",
}
