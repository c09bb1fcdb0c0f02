"""How Google's sign-in and Google Sheets answer, and the sheet itself, which a person edits on a page.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get
"""

from __future__ import annotations

import base64
import datetime
import html
import json
import re
import secrets
import threading
import time
import urllib.parse
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_public_key

SCOPE = "https://www.googleapis.com/auth/spreadsheets.readonly"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIVES_S = 3599
CLOCK_SKEW_S = 300
BOOKS_MAX, CELLS_MAX = 50, 500_000
EPOCH = datetime.date(1899, 12, 30)  # day 0 of a sheet's serial numbers
Said = tuple[int, dict]


def key_pair() -> tuple[str, str]:
    """A new service account's private and public key, as PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Google:
    """Service accounts, and the sheets that are shared with them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, str] = {}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._books: dict[str, dict] = {}

    def know(self, account: str, public_key: str) -> None:
        with self._lock:
            self._accounts[account] = public_key

    def revoke(self, account: str) -> None:
        """Its key and every token that was given for it."""
        with self._lock:
            self._accounts.pop(account, None)
            self._tokens = {token: held for token, held in self._tokens.items() if held[0] != account}

    def keep(self, book: str, worksheets: dict[str, list[list]], readers: list[str]) -> bool:
        """A sheet as it is from now on; false if there are too many or it is too large."""
        with self._lock:
            cells = sum(len(row) for rows in worksheets.values() for row in rows)
            if cells > CELLS_MAX or (book not in self._books and len(self._books) >= BOOKS_MAX):
                return False
            self._books[book] = {"worksheets": worksheets, "readers": readers, "reads": self._books.get(book, {}).get("reads", 0)}
            return True

    def book(self, book: str) -> dict | None:
        with self._lock:
            return self._books.get(book)

    def type_in(self, book: str, cells: Mapping[tuple[int, int], str]) -> None:
        """A person types into the first worksheet."""
        with self._lock:
            for (row, column), text in cells.items():
                rows = next(iter(self._books[book]["worksheets"].values()))
                if row < len(rows) and column < len(rows[row]):
                    rows[row][column] = text

    def sign_in(self, address: str, body: bytes) -> Said:
        """`POST /token` of the address that the assertion has to name."""
        fields = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
        if fields.get("grant_type") != [GRANT]:
            return 400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"}
        try:
            signed, _, signature = fields["assertion"][0].rpartition(".")
            header, claims = (json.loads(_unpacked(part)) for part in signed.split("."))
            account, now = claims["iss"], time.time()
            with self._lock:
                public_key = self._accounts.get(account)
            if public_key is None:
                return 400, {"error": "invalid_grant", "error_description": "Invalid grant: account not found"}
            load_pem_public_key(public_key.encode()).verify(_unpacked(signature), signed.encode(), padding.PKCS1v15(), SHA256())
            good = (
                header["alg"] == "RS256"
                and claims["aud"] == address
                and abs(claims["iat"] - now) <= CLOCK_SKEW_S
                and claims["iat"] < claims["exp"] <= claims["iat"] + 3600
            )
        except InvalidSignature:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        except (KeyError, ValueError, TypeError, AttributeError):
            return 400, {"error": "invalid_request", "error_description": "Bad Request"}
        if not good:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token."}
        if claims.get("scope") != SCOPE:
            return 400, {"error": "invalid_scope", "error_description": "more than reading was asked for"}
        token = f"ya29.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[token] = (account, now + TOKEN_LIVES_S)
        return 200, {"access_token": token, "expires_in": TOKEN_LIVES_S, "token_type": "Bearer"}

    def read(self, target: str, authorization: str) -> Said:
        """`GET /v4/spreadsheets/{id}` and `.../values/{range}`."""
        url = urllib.parse.urlsplit(target)
        query = urllib.parse.parse_qs(url.query)
        with self._lock:
            account, until = self._tokens.get(authorization.removeprefix("Bearer "), ("", 0.0))
        if until < time.time():
            return _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        found = re.fullmatch(r"/v4/spreadsheets/([^/]+)(?:/values/([^/]+))?", url.path)
        book = self.book(urllib.parse.unquote(found[1])) if found else None
        if found is None or book is None:
            return _error(404, "NOT_FOUND", "Requested entity was not found.")
        if account not in book["readers"]:
            return _error(403, "PERMISSION_DENIED", "The caller does not have permission")
        book["reads"] += 1
        if found[2] is None:
            return 200, {"sheets": [{"properties": {"title": title}} for title in book["worksheets"]]}
        named = re.fullmatch(r"'((?:[^']|'')+)'!(\d+):(\d+)", urllib.parse.unquote(found[2]))
        rows = book["worksheets"].get(named[1].replace("''", "'")) if named else None
        if named is None or rows is None:
            return _error(400, "INVALID_ARGUMENT", f"Unable to parse range: {urllib.parse.unquote(found[2])}")
        if query.get("valueRenderOption") != ["UNFORMATTED_VALUE"] or query.get("dateTimeRenderOption") != ["SERIAL_NUMBER"]:
            return _error(400, "INVALID_ARGUMENT", "this sheet is only read unformatted, days as serial numbers")
        taken = [[_value(cell) for cell in row] for row in rows[int(named[2]) - 1 : int(named[3])]]
        return 200, {"range": urllib.parse.unquote(found[2]), "majorDimension": "ROWS", "values": _without_tail(taken)}


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _error(code: int, status: str, message: str) -> Said:
    return code, {"error": {"code": code, "status": status, "message": message}}


def _value(cell: object) -> object:
    """What a sheet makes of what was typed: numbers and days are numbers."""
    if isinstance(cell, str) and re.fullmatch(r"[1-9]\d{0,14}", cell):
        return int(cell)
    if isinstance(cell, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        try:
            return (datetime.date.fromisoformat(cell) - EPOCH).days
        except ValueError:
            return cell
    return cell


def _without_tail(rows: list[list]) -> list[list]:
    """Empty cells at a row's end and empty rows at the end are left out."""
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def table(rows: list[list]) -> str:
    """The form in which a person edits a worksheet: every cell a field, named by row and column."""
    head, *rest = rows or [[]]
    titles = "".join(f'<th scope="col">{html.escape(str(title))}</th>' for title in head)
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td><input name="{row}.{column}" value="{html.escape(str(cell))}" aria-label="{html.escape(str(head[column] if column < len(head) else column))}, row {row + 1}"></td>'
            for column, cell in enumerate(cells)
        )
        + "</tr>"
        for row, cells in enumerate(rest, 1)
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def typed(body: bytes) -> dict[tuple[int, int], str]:
    """What the form sends."""
    fields = urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    found = ((re.fullmatch(r"(\d{1,6})\.(\d{1,3})", name), text) for name, text in fields)
    return {(int(name[1]), int(name[2])): text for name, text in found if name}
