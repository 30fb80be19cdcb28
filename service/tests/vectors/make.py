"""Writes keys.json and tokens.txt: one token for each signature algorithm, made by pyca/cryptography.

Run it in this folder to replace both files; the tests need no particular keys.
"""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {
    "256": ("P-256", ec.SECP256R1(), 32),
    "384": ("P-384", ec.SECP384R1(), 48),
    "512": ("P-521", ec.SECP521R1(), 66),
}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def token(algorithm, key_id, sign):
    header = json.dumps({"alg": algorithm, "kid": key_id, "typ": "JWT"})
    claims = json.dumps({"sub": "alice"})
    message = f"{encode(header.encode())}.{encode(claims.encode())}"
    return f"{algorithm} {message}.{encode(sign(message.encode()))}\n"


def rsa_tokens():
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_numbers()
    yield {"kty": "RSA", "kid": "rsa", "use": "sig", "n": number(public.n), "e": number(public.e)}
    for size, digest in HASHES.items():
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        yield token(f"RS{size}", "rsa", lambda data: key.sign(data, padding.PKCS1v15(), digest))
        yield token(f"PS{size}", "rsa", lambda data: key.sign(data, pss, digest))


def curve_tokens(size):
    name, curve, length = CURVES[size]
    key = ec.generate_private_key(curve)
    public = key.public_key().public_numbers()
    point = {"x": number(public.x, length), "y": number(public.y, length)}
    yield {"kty": "EC", "kid": f"ec{size}", "crv": name, **point}

    def sign(data):
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(HASHES[size])))
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    yield token(f"ES{size}", f"ec{size}", sign)


def edwards_tokens():
    key = ed25519.Ed25519PrivateKey.generate()
    yield {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": encode(key.public_key().public_bytes_raw())}
    yield token("EdDSA", "ed", key.sign)


made = [*rsa_tokens(), *(item for size in CURVES for item in curve_tokens(size)), *edwards_tokens()]
with open("keys.json", "w") as file:
    file.write(json.dumps({"keys": [item for item in made if isinstance(item, dict)]}, indent=1) + "\n")
with open("tokens.txt", "w") as file:
    file.writelines(item for item in made if isinstance(item, str))
