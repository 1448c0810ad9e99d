"""Where a ledger ends, and the same signed, to be kept outside of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from advisor.adapters.extras import needs
from advisor.adapters.records.record import canonical
from advisor.contracts import Contract
from advisor.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

START = "0" * 64
"""What stands before the first record."""
_Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SignedHead(Contract):
    """A head with an Ed25519 signature over its canonical bytes: keep it where the ledger is not.

    `public_key` and `signature` are hexadecimal.
    """

    seq: Annotated[int, Field(ge=0)]
    digest: _Hex64
    public_key: _Hex64
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]

    def is_valid(self, public_key: str | bytes | None = None) -> bool:
        """Whether the signature is that of the key, and the key the one that is expected."""
        if public_key is not None and _hex(public_key) != self.public_key:
            return False
        key = _ed25519().Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
        try:
            key.verify(bytes.fromhex(self.signature), Head(self.seq, self.digest).signed_bytes())
        except needs("audit", "cryptography.exceptions").InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Head:
    """The last record of a ledger; `seq` 0 and a digest of zeros where there is none."""

    seq: int = 0
    digest: str = START

    def signed_bytes(self) -> bytes:
        """What a signature is made over."""
        return canonical({"digest": self.digest, "seq": self.seq})

    def signed(self, key: Ed25519PrivateKey | bytes) -> SignedHead:
        """The head signed with a private key (an object of `cryptography`, or its 32 bytes).

        Raises:
            InputError: It is no such key.
        """
        signature = private_key(key).sign(self.signed_bytes()).hex()
        head: dict[str, Any] = {
            "seq": self.seq,
            "digest": self.digest,
            "public_key": public_key(key),
        }
        return SignedHead(**head, signature=signature)


def new_key() -> bytes:
    """A private key from the system's source of randomness, 32 bytes: keep it secret."""
    return _ed25519().Ed25519PrivateKey.generate().private_bytes_raw()


def public_key(key: Ed25519PrivateKey | bytes) -> str:
    """The public key of a private one, hexadecimal: what verifies its signatures."""
    return private_key(key).public_key().public_bytes_raw().hex()


def private_key(key: Any) -> Any:
    """A private key as an object of `cryptography`. Raises `InputError` where it is none."""
    kind = _ed25519().Ed25519PrivateKey
    if isinstance(key, kind):
        return key
    if isinstance(key, bytes) and len(key) == 32:
        return kind.from_private_bytes(key)
    why = f"The signing key is {type(key).__name__}; it must be an Ed25519 private key, or its 32"
    raise InputError(f"{why} bytes. Make one with new_key().", field="key")


def _hex(key: object) -> str:
    if isinstance(key, str):
        return key.lower()
    raw = key if isinstance(key, bytes) else getattr(key, "public_bytes_raw", bytes)()
    return raw.hex()


def _ed25519() -> Any:
    return needs("audit", "cryptography.hazmat.primitives.asymmetric.ed25519")
