"""Scenarios that libfido2 plays on a key. Each line of standard input is the JSON of one: its name,
the port, and what else it takes. What it saw comes back as a line of JSON."""

import ctypes
import hashlib
import json
import os
import sys
import traceback
from ctypes import byref, c_int, c_size_t

import fido
from fido import (
    CRED_BLOB,
    CRED_PROTECT,
    EDDSA,
    ES256,
    ES384,
    HMAC_SECRET,
    LARGEBLOB_KEY,
    MIN_PIN_LENGTH,
    RS256,
    TRUE,
    Device,
    Handle,
    call,
    library,
    read_bytes,
)

PIN = b"12345678"
RP = b"example.com"
HASH = hashlib.sha256(b"client data").digest()
KEY_TYPES = {ES256: "es256", EDDSA: "eddsa", ES384: "es384", RS256: "rs256"}
FLAG_USER_VERIFIED = 0x04


def prepare_credential(user=b"alice", algorithm=ES256, resident=False, extensions=0):
    credential = library.fido_cred_new()
    call("fido_cred_set_type", credential, algorithm)
    call("fido_cred_set_clientdata_hash", credential, HASH, c_size_t(len(HASH)))
    call("fido_cred_set_rp", credential, RP, b"Example")
    call("fido_cred_set_user", credential, user, c_size_t(len(user)), user, user.upper(), None)
    if resident:
        call("fido_cred_set_rk", credential, TRUE)
    if extensions:
        call("fido_cred_set_extensions", credential, extensions)
    return credential


def make(device, credential, pin=None):
    """Makes the credential and lets libfido2 verify its self attestation."""
    device.call("fido_dev_make_cred", credential, pin)
    call("fido_cred_verify_self", credential)
    return credential


def prepare_assertion(*credentials, extensions=0):
    assertion = library.fido_assert_new()
    call("fido_assert_set_clientdata_hash", assertion, HASH, c_size_t(len(HASH)))
    call("fido_assert_set_rp", assertion, RP)
    for credential in credentials:
        identifier = read_bytes("fido_cred_id", credential)
        call("fido_assert_allow_cred", assertion, identifier, c_size_t(len(identifier)))
    if extensions:
        call("fido_assert_set_extensions", assertion, extensions)
    return assertion


def verify(assertion, credential, index=0):
    """libfido2's own check of the signature and of the flags that were asked for."""
    algorithm = library.fido_cred_type(credential)
    kind = KEY_TYPES[algorithm]
    public_key = getattr(library, f"{kind}_pk_new")()
    raw = read_bytes("fido_cred_pubkey", credential)
    call(f"{kind}_pk_from_ptr", public_key, raw, c_size_t(len(raw)))
    call("fido_assert_verify", assertion, c_size_t(index), algorithm, public_key)


def get(device, assertion, pin=None):
    device.call("fido_dev_get_assert", assertion, pin)
    return assertion


def texts(info, name):
    size = getattr(library, f"fido_cbor_info_{name}_len")(info)
    values = getattr(library, f"fido_cbor_info_{name}_ptr")(info)
    return [values[index].decode() for index in range(size)]


def read_info(device):
    info = library.fido_cbor_info_new()
    device.call("fido_dev_get_cbor_info", info)
    return info


def options_of(info):
    size = library.fido_cbor_info_options_len(info)
    names = library.fido_cbor_info_options_name_ptr(info)
    values = ctypes.string_at(library.fido_cbor_info_options_value_ptr(info), size)
    return {names[index].decode(): bool(values[index]) for index in range(size)}


def set_pin(device):
    device.call("fido_dev_set_pin", PIN, None)


def info(device):
    """getInfo as libfido2 parses it."""
    seen = read_info(device)
    count = library.fido_cbor_info_algorithm_count(seen)
    certifications = library.fido_cbor_info_certs_len(seen)
    names = library.fido_cbor_info_certs_name_ptr(seen)
    levels = library.fido_cbor_info_certs_value_ptr(seen)
    return {
        "versions": texts(seen, "versions"),
        "extensions": texts(seen, "extensions"),
        "transports": texts(seen, "transports"),
        "aaguid": read_bytes("fido_cbor_info_aaguid", seen).hex(),
        "protocols": list(read_bytes("fido_cbor_info_protocols", seen)),
        "algorithms": [
            library.fido_cbor_info_algorithm_cose(seen, c_size_t(index)) for index in range(count)
        ],
        "certifications": {
            names[index].decode(): levels[index] for index in range(certifications)
        },
        "numbers": {
            name: getattr(library, f"fido_cbor_info_{name}")(seen)
            for name in (
                "maxmsgsiz",
                "maxcredcntlst",
                "maxcredidlen",
                "maxcredbloblen",
                "maxlargeblob",
                "minpinlen",
                "maxrpid_minpinlen",
                "rk_remaining",
                "fwversion",
            )
        },
        "clientPin": options_of(seen)["clientPin"],
        "fido2": library.fido_dev_is_fido2(device.handle),
    }


def pin(device):
    """A PIN is set, mistyped, changed and counted."""

    def retries():
        count = c_int()
        device.call("fido_dev_get_retry_count", byref(count))
        return count.value

    def enter(text):
        return device.status("fido_dev_make_cred", prepare_credential(), text)

    seen = {"short": device.status("fido_dev_set_pin", b"123", None)}
    set_pin(device)
    seen["again"] = device.status("fido_dev_set_pin", b"11111111", None)
    seen["wrong"], seen["left"] = enter(b"wrong"), retries()
    seen["right"], seen["restored"] = enter(PIN), retries()
    device.call("fido_dev_set_pin", "pässwörter".encode(), PIN)
    seen["old"], seen["new"] = enter(PIN), enter("pässwörter".encode())
    seen["row"] = [enter(b"wrong") for _ in range(4)]
    return seen


def algorithms(device):
    return {name: ceremony_of(device, kind) for kind, name in KEY_TYPES.items()}


def ceremony_of(device, kind):
    """Registration with self attestation and sign-in, with and without the PIN, all verified by libfido2."""
    if not library.fido_dev_has_pin(device.handle):
        set_pin(device)
    credential = make(device, prepare_credential(algorithm=kind), PIN)
    assertion = prepare_assertion(credential)
    call("fido_assert_set_uv", assertion, TRUE)
    verify(get(device, assertion, PIN), credential)
    plain = get(device, prepare_assertion(credential))
    verify(plain, credential)
    return {
        "fmt": library.fido_cred_fmt(credential).decode(),
        "uv": [
            bool(library.fido_assert_flags(one, c_size_t(0)) & FLAG_USER_VERIFIED)
            for one in (assertion, plain)
        ],
        "counter": library.fido_assert_sigcount(plain, c_size_t(0)),
    }


def certificates(device):
    """A statement with a certificate chain, verified by libfido2."""
    credential = prepare_credential()
    device.call("fido_dev_make_cred", credential, None)
    call("fido_cred_verify", credential)
    return {
        "fmt": library.fido_cred_fmt(credential).decode(),
        "x5c": library.fido_cred_x5c_len(credential) > 0,
        "aaguid": read_bytes("fido_cred_aaguid", credential).hex(),
    }


def hmac_secret(device):
    """hmac-secret with one and two salts, with and without verification."""
    set_pin(device)
    credential = make(device, prepare_credential(extensions=HMAC_SECRET), PIN)

    def secret(salt, with_pin):
        assertion = prepare_assertion(credential, extensions=HMAC_SECRET)
        call("fido_assert_set_hmac_salt", assertion, salt, c_size_t(len(salt)))
        get(device, assertion, PIN if with_pin else None)
        verify(assertion, credential)
        return read_bytes("fido_assert_hmac_secret", assertion, c_size_t(0))

    one, two = b"\1" * 32, b"\2" * 32
    both = secret(one + two, True)
    return {
        "lengths": [len(secret(one, True)), len(both)],
        "same": secret(one, True) + secret(two, True) == both,
        "verificationMatters": secret(one, False) != secret(one, True),
    }


def users_of(keys):
    return [
        library.fido_cred_user_name(library.fido_credman_rk(keys, c_size_t(index))).decode()
        for index in range(library.fido_credman_rk_count(keys))
    ]


def credential_management(device):
    """Metadata, RPs, accounts, a change of names and a deletion."""
    set_pin(device)
    made = [make(device, prepare_credential(name, resident=True), PIN) for name in (b"ann", b"bob", b"cat")]
    metadata = library.fido_credman_metadata_new()
    device.call("fido_credman_get_dev_metadata", metadata, PIN)
    sites = library.fido_credman_rp_new()
    device.call("fido_credman_get_dev_rp", sites, PIN)
    keys = library.fido_credman_rk_new()
    device.call("fido_credman_get_dev_rk", RP, keys, PIN)
    before = users_of(keys)
    changed = library.fido_cred_new()
    identifier = read_bytes("fido_cred_id", made[0])
    call("fido_cred_set_id", changed, identifier, c_size_t(len(identifier)))
    call("fido_cred_set_user", changed, b"ann", c_size_t(3), b"anna", b"Anna", None)
    device.call("fido_credman_set_dev_rk", changed, PIN)
    gone = read_bytes("fido_cred_id", made[1])
    device.call("fido_credman_del_dev_rk", gone, c_size_t(len(gone)), PIN)
    keys = library.fido_credman_rk_new()
    device.call("fido_credman_get_dev_rk", RP, keys, PIN)
    return {
        "existing": library.fido_credman_rk_existing(metadata),
        "remaining": library.fido_credman_rk_remaining(metadata),
        "sites": [
            library.fido_credman_rp_id(sites, c_size_t(index)).decode()
            for index in range(library.fido_credman_rp_count(sites))
        ],
        "before": before,
        "after": users_of(keys),
        "twice": device.status("fido_credman_del_dev_rk", gone, c_size_t(len(gone)), PIN),
        "wrongPin": device.status("fido_credman_get_dev_rk", RP, keys, b"wrong"),
    }


def discoverable(device):
    """Several accounts of one site without an allow list, newest first."""
    set_pin(device)
    made = [make(device, prepare_credential(name, resident=True), PIN) for name in (b"ann", b"bob")]
    assertion = get(device, prepare_assertion(), PIN)
    count = library.fido_assert_count(assertion)
    for index, credential in enumerate(reversed(made)):
        verify(assertion, credential, index)
    return [library.fido_assert_user_name(assertion, c_size_t(index)).decode() for index in range(count)]


def large_blobs(device):
    """Blobs of two credentials, longer than one fragment; one is removed, the array trimmed to nothing."""
    set_pin(device)
    made = [
        make(device, prepare_credential(name, resident=True, extensions=LARGEBLOB_KEY), PIN)
        for name in (b"ann", b"bob")
    ]
    first, second = (read_bytes("fido_cred_largeblob_key", credential) for credential in made)
    assertion = get(device, prepare_assertion(made[0], extensions=LARGEBLOB_KEY), PIN)
    told = read_bytes("fido_assert_largeblob_key", assertion, c_size_t(0))
    content = os.urandom(2500)

    def put(key, blob):
        device.call("fido_dev_largeblob_set", key, c_size_t(32), blob, c_size_t(len(blob)), PIN)

    def read(key):
        blob, size = Handle(), c_size_t()
        device.call("fido_dev_largeblob_get", key, c_size_t(32), byref(blob), byref(size))
        return ctypes.string_at(blob, size.value)

    def array():
        cbor, size = Handle(), c_size_t()
        device.call("fido_dev_largeblob_get_array", byref(cbor), byref(size))
        return ctypes.string_at(cbor, size.value)

    fresh = array()
    put(first, content)
    # libfido2 1.12 cannot seal what compresses to less than 16 bytes.
    put(second, os.urandom(40))
    put(second, b"written in place of the other one")
    entries = array()[0]
    seen = {"long": read(first) == content, "short": read(second).decode()}
    device.call("fido_dev_largeblob_remove", first, c_size_t(32), PIN)
    left, lost = array()[0], device.status(
        "fido_dev_largeblob_get", first, c_size_t(32), byref(Handle()), byref(c_size_t())
    )
    device.call("fido_dev_largeblob_set_array", b"\x80", c_size_t(1), PIN)
    too_long = os.urandom(8000)
    return {
        **seen,
        "sameKey": told == first,
        "fresh": fresh.hex(),
        "entries": entries - 0x80,
        "left": left - 0x80,
        "lost": lost,
        "trimmed": array().hex(),
        "full": device.status(
            "fido_dev_largeblob_set", first, c_size_t(32), too_long, c_size_t(len(too_long)), PIN
        ),
        "withoutPin": device.status(
            "fido_dev_largeblob_set", first, c_size_t(32), content, c_size_t(40), None
        ),
    }


def enrol(device):
    template, enrolment = library.fido_bio_template_new(), library.fido_bio_enroll_new()
    device.call("fido_bio_dev_enroll_begin", template, enrolment, 10000, PIN)
    statuses = [library.fido_bio_enroll_last_status(enrolment)]
    while library.fido_bio_enroll_remaining_samples(enrolment) > 0:
        device.call("fido_bio_dev_enroll_continue", template, enrolment, 10000)
        statuses.append(library.fido_bio_enroll_last_status(enrolment))
    return template, statuses


def bio_enrolment(device):
    """Two fingers are enrolled, one is named, one removed, and the other one verifies."""
    set_pin(device)
    sensor = library.fido_bio_info_new()
    device.call("fido_bio_dev_get_info", sensor)
    thumb, statuses = enrol(device)
    ring, _ = enrol(device)
    call("fido_bio_template_set_name", thumb, b"thumb")
    device.call("fido_bio_dev_set_template_name", thumb, PIN)

    def names():
        found = library.fido_bio_template_array_new()
        device.call("fido_bio_dev_get_template_array", found, PIN)
        return [
            (library.fido_bio_template_name(library.fido_bio_template(found, c_size_t(index))) or b"").decode()
            for index in range(library.fido_bio_template_array_count(found))
        ]

    both = names()
    device.call("fido_bio_dev_enroll_remove", ring, PIN)
    device.reopen()
    credential = prepare_credential()
    call("fido_cred_set_uv", credential, TRUE)
    make(device, credential)
    cancelled, enrolment = library.fido_bio_template_new(), library.fido_bio_enroll_new()
    device.call("fido_bio_dev_enroll_begin", cancelled, enrolment, 10000, PIN)
    device.call("fido_bio_dev_enroll_cancel")
    retries = c_int()
    device.call("fido_dev_get_uv_retry_count", byref(retries))
    return {
        "sensor": [library.fido_bio_info_type(sensor), library.fido_bio_info_max_samples(sensor)],
        "statuses": statuses,
        "both": both,
        "left": names(),
        "uv": options_of(read_info(device))["uv"],
        "verified": bool(library.fido_cred_flags(credential) & FLAG_USER_VERIFIED),
        "uvRetries": retries.value,
        "gone": device.status("fido_bio_dev_enroll_remove", ring, PIN),
    }


def config(device):
    """alwaysUv both ways, enterprise attestation, minimum PIN length with RP IDs, forced change."""
    set_pin(device)
    device.call("fido_dev_enable_entattest", PIN)
    device.call("fido_dev_toggle_always_uv", PIN)
    on = options_of(read_info(device))
    refused = device.status("fido_dev_make_cred", prepare_credential(), None)
    device.call("fido_dev_toggle_always_uv", PIN)
    off = options_of(read_info(device))
    sites = (ctypes.c_char_p * 1)(RP)
    device.call("fido_dev_set_pin_minlen_rpid", sites, c_size_t(1), PIN)
    device.call("fido_dev_set_pin_minlen", c_size_t(6), PIN)
    credential = prepare_credential(extensions=MIN_PIN_LENGTH)
    call("fido_cred_set_pin_minlen", credential, c_size_t(6))
    make(device, credential, PIN)
    lower = device.status("fido_dev_set_pin_minlen", c_size_t(5), PIN)
    device.call("fido_dev_force_pin_change", PIN)
    forced = library.fido_cbor_info_new_pin_required(read_info(device))
    used = device.status("fido_dev_make_cred", prepare_credential(), PIN)
    same = device.status("fido_dev_set_pin", PIN, PIN)
    device.call("fido_dev_set_pin", b"87654321", PIN)
    return {
        "ep": on["ep"],
        "alwaysUv": [on["alwaysUv"], off["alwaysUv"]],
        "refused": refused,
        "minPinLength": library.fido_cbor_info_minpinlen(read_info(device)),
        "lower": lower,
        "told": library.fido_cred_pin_minlen(credential),
        "forced": [forced, library.fido_cbor_info_new_pin_required(read_info(device))],
        "used": used,
        "same": same,
    }


def protection(device):
    """credProtect and credBlob: what is hidden without verification, and what is given back."""
    set_pin(device)
    hidden = prepare_credential(b"ann", resident=True, extensions=CRED_PROTECT | CRED_BLOB)
    call("fido_cred_set_prot", hidden, 3)
    call("fido_cred_set_blob", hidden, b"thirty bytes of anything", c_size_t(24))
    make(device, hidden, PIN)
    assertion = get(device, prepare_assertion(hidden, extensions=CRED_BLOB), PIN)
    verify(assertion, hidden)
    excluding = prepare_credential(b"ann")
    identifier = read_bytes("fido_cred_id", hidden)
    call("fido_cred_exclude", excluding, identifier, c_size_t(len(identifier)))
    return {
        "level": library.fido_cred_prot(hidden),
        "blob": read_bytes("fido_assert_blob", assertion, c_size_t(0)).decode(),
        "withoutPin": device.status("fido_dev_get_assert", prepare_assertion(hidden), None),
        "excluded": device.status("fido_dev_make_cred", excluding, PIN),
    }


def touch(device):
    """The key that the user touches when there are several."""
    device.call("fido_dev_get_touch_begin")
    touched = c_int(0)
    for _ in range(50):
        device.call("fido_dev_get_touch_status", byref(touched), 200)
        if touched.value:
            break
    return touched.value


def u2f(device):
    """The same key over U2F, after CTAP2 made a credential of it."""
    credential = make(device, prepare_credential())
    library.fido_dev_force_u2f(device.handle)
    old = get(device, prepare_assertion(credential))
    verify(old, credential)
    made = prepare_credential()
    device.call("fido_dev_make_cred", made, None)
    call("fido_cred_verify", made)
    verify(get(device, prepare_assertion(made)), made)
    return {
        "fmt": library.fido_cred_fmt(made).decode(),
        "counter": library.fido_assert_sigcount(old, c_size_t(0)),
    }


def reset(device):
    """A reset right after power-up takes everything."""
    set_pin(device)
    make(device, prepare_credential(resident=True), PIN)
    device.call("fido_dev_reset")
    seen = read_info(device)
    return {
        "clientPin": options_of(seen)["clientPin"],
        "remaining": library.fido_cbor_info_rk_remaining(seen),
    }


def play(scenario, port, *values):
    device = Device(int(port))
    try:
        return {"saw": globals()[scenario](device, *values)}
    except Exception:
        return {"error": traceback.format_exc()}
    finally:
        device.close()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(play(*json.loads(line))), flush=True)
