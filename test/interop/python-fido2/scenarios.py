"""Scenarios that python-fido2 plays on a key. Each line of standard input is the JSON of one: its name,
the port, and what else it takes. What it saw comes back as a line of JSON."""

import json
import os
import sys
import traceback
from base64 import b64decode
from dataclasses import fields

from cryptography.exceptions import UnsupportedAlgorithm
from fido2.attestation import (
    AttestationVerifier,
    FidoU2FAttestation,
    NoneAttestation,
    PackedAttestation,
)
from fido2.cose import CoseKey, UnsupportedKey
from fido2.ctap import CtapError
from fido2.ctap1 import ApduError, Ctap1
from fido2.ctap2.base import Ctap2
from fido2.ctap2.bio import CaptureError, FPBioEnrollment
from fido2.ctap2.blob import LargeBlobs
from fido2.ctap2.config import Config
from fido2.ctap2.credman import CredentialManagement
from fido2.ctap2.pin import ClientPin, PinProtocolV1
from fido2.mds3 import MdsAttestationVerifier, MetadataBlobPayload, MetadataStatement
from fido2.server import Fido2Server
from fido2.utils import sha256, websafe_decode
from fido2.webauthn import AttestationObject

from wire import PIN, open_client, open_device, set_pin, token

RP = {"id": "example.com", "name": "Example"}
PERMISSION = ClientPin.PERMISSION


def register(client, server, name, resident="required", verification="required", extensions=None):
    user = {"id": name.encode(), "name": name, "displayName": name.upper()}
    options, state = server.register_begin(
        user, resident_key_requirement=resident, user_verification=verification
    )
    result = client.make_credential({**options["publicKey"], "extensions": extensions or {}})
    return server.register_complete(state, result), result


def sign_in(client, server, credentials=None, verification="required", extensions=None):
    options, state = server.authenticate_begin(credentials, user_verification=verification)
    selection = client.get_assertion({**options["publicKey"], "extensions": extensions or {}})
    return state, selection


def ceremonies(device):
    """Registration and sign-in with and without PIN, discoverable accounts newest first."""
    client, server = open_client(device), Fido2Server(RP, attestation="direct")
    plain, _ = register(client, server, "plain", "discouraged", "discouraged")
    set_pin(device)
    accounts = [register(client, server, name)[0] for name in ("first", "second")]
    state, selection = sign_in(client, server)
    found = selection.get_assertions()
    server.authenticate_complete(
        state, [account.credential_data for account in accounts], selection.get_response(0)
    )
    state, selection = sign_in(client, server, [plain.credential_data], "discouraged")
    server.authenticate_complete(state, [plain.credential_data], selection.get_response(0))
    return {
        "users": [assertion.user["name"] for assertion in found],
        "counters": [assertion.auth_data.counter for assertion in found],
        "uv": [account.is_user_verified() for account in (plain, *accounts)],
    }


def pin(device):
    """PIN under both protocols: set, wrong, changed."""
    ctap = Ctap2(device)
    seen = {}
    ClientPin(ctap, PinProtocolV1()).set_pin("1234")
    for name, protocol in (("one", PinProtocolV1()), ("two", None)):
        client_pin = ClientPin(ctap, protocol)
        try:
            client_pin.get_pin_token("0000", PERMISSION.GET_ASSERTION, "example.com")
        except CtapError as error:
            seen[name] = error.code.name
        client_pin.change_pin("1234", "1234")
    client_pin.change_pin("1234", PIN)
    client_pin.get_pin_token(PIN, PERMISSION.MAKE_CREDENTIAL, "example.com")
    seen["retries"] = client_pin.get_pin_retries()[0]
    return seen


def credential_management(device):
    """Metadata, enumeration, update and deletion."""
    client, server = open_client(device), Fido2Server(RP)
    set_pin(device)
    for name in ("first", "second"):
        register(client, server, name)
    ctap = Ctap2(device)
    manager = CredentialManagement(ctap, *token(ctap, PERMISSION.CREDENTIAL_MGMT))
    before = manager.get_metadata()
    [rp] = manager.enumerate_rps()
    credentials = manager.enumerate_creds(rp[CredentialManagement.RESULT.RP_ID_HASH])
    manager.update_user_info(
        credentials[0][CredentialManagement.RESULT.CREDENTIAL_ID],
        {"id": credentials[0][CredentialManagement.RESULT.USER]["id"], "name": "renamed"},
    )
    manager.delete_cred(credentials[1][CredentialManagement.RESULT.CREDENTIAL_ID])
    left = manager.enumerate_creds(rp[CredentialManagement.RESULT.RP_ID_HASH])
    return {
        "rp": rp[CredentialManagement.RESULT.RP]["id"],
        "existing": before[CredentialManagement.RESULT.EXISTING_CRED_COUNT],
        "left": [credential[CredentialManagement.RESULT.USER]["name"] for credential in left],
    }


def prf(device):
    """hmac-secret by the client's own PRF: the same salt gives the same secret, another one another."""
    client, server = open_client(device), Fido2Server(RP)
    set_pin(device)
    made, result = register(client, server, "prf", extensions={"prf": {}})
    outputs = []
    for salts in ({"first": b"a" * 8, "second": b"b" * 8}, {"first": b"b" * 8}):
        _, selection = sign_in(
            client, server, [made.credential_data], extensions={"prf": {"eval": salts}}
        )
        outputs.append(selection.get_response(0).client_extension_results["prf"]["results"])
    return {
        "enabled": result.client_extension_results["prf"]["enabled"],
        "lengths": [len(websafe_decode(outputs[0][salt])) for salt in ("first", "second")],
        "repeats": outputs[0]["second"] == outputs[1]["first"],
        "differs": outputs[0]["first"] != outputs[0]["second"],
    }


def large_blobs(device):
    """A blob in the array, longer than a fragment, and through the client's extension."""
    client, server = open_client(device), Fido2Server(RP)
    set_pin(device)
    made, result = register(client, server, "blob", extensions={"largeBlob": {"support": "required"}})
    known = [made.credential_data]
    # The client writes when the response is taken, with the token of this sign-in.
    _, selection = sign_in(client, server, known, extensions={"largeBlob": {"write": b"hello blob"}})
    written = selection.get_response(0).client_extension_results["largeBlob"]
    _, selection = sign_in(client, server, known, extensions={"largeBlob": {"read": True}})
    read = selection.get_response(0).client_extension_results["largeBlob"]
    ctap = Ctap2(device)
    blobs = LargeBlobs(ctap, *token(ctap, PERMISSION.LARGE_BLOB_WRITE))
    key, content = os.urandom(32), os.urandom(3000)
    blobs.put_blob(key, content)
    return {
        "supported": result.client_extension_results["largeBlob"]["supported"],
        "written": written["written"],
        "read": websafe_decode(read["blob"]).decode(),
        "long": blobs.get_blob(key) == content,
        "entries": len(blobs.read_blob_array()),
    }


def cred_blob(device):
    """credBlob and credProtect at creation and use."""
    client, server = open_client(device), Fido2Server(RP)
    set_pin(device)
    made, result = register(
        client,
        server,
        "cred",
        extensions={
            "credBlob": b"small",
            "credentialProtectionPolicy": "userVerificationRequired",
            "enforceCredentialProtectionPolicy": True,
            "credProps": True,
        },
    )
    _, selection = sign_in(client, server, [made.credential_data], extensions={"getCredBlob": True})
    return {
        "signed": {key: value for key, value in made.extensions.items()},
        "resident": result.client_extension_results["credProps"]["rk"],
        "blob": selection.get_assertions()[0].auth_data.extensions["credBlob"].decode(),
    }


def config(device):
    """authenticatorConfig: alwaysUv, enterprise attestation, minimum PIN length with a forced change."""
    set_pin(device)
    ctap = Ctap2(device)
    settings = Config(ctap, *token(ctap, PERMISSION.AUTHENTICATOR_CFG))
    settings.enable_enterprise_attestation()
    settings.toggle_always_uv()
    settings.set_min_pin_length(min_pin_length=9, rp_ids=["example.com"])
    info = ctap.get_info()
    return {
        "options": {name: info.options[name] for name in ("ep", "alwaysUv", "makeCredUvNotRqd")},
        "versions": info.versions,
        "minPinLength": info.min_pin_length,
        "forcePinChange": info.force_pin_change,
    }


def fingerprints(device):
    """Enrolment of a finger, its name, and verification by it."""
    set_pin(device)
    ctap = Ctap2(device)
    sensor = FPBioEnrollment(ctap, *token(ctap, PERMISSION.BIO_ENROLL))
    enroller, samples, template = sensor.enroll(), 0, None
    while template is None:
        samples += 1
        try:
            template = enroller.capture()
        except CaptureError:
            pass
    sensor.set_name(template, "thumb")
    client, server = open_client(device), Fido2Server(RP)
    made, _ = register(client, server, "finger")
    enrolled = list(sensor_names(ctap))
    return {
        "samples": samples,
        "names": enrolled,
        "uv": ctap.get_info().options["uv"],
        "verified": made.is_user_verified(),
    }


def more_fingerprints(device):
    """What the sensor says, an enrolment that is given up, names that change, and the removal of the only finger."""
    set_pin(device)
    ctap = Ctap2(device)

    def sensor():
        return FPBioEnrollment(ctap, *token(ctap, PERMISSION.BIO_ENROLL))

    def enrol():
        enroller, template, failures = sensor().enroll(), None, []
        while template is None:
            try:
                template = enroller.capture()
            except CaptureError as error:
                failures.append(error.code.name)
        return template, failures

    info = sensor().get_fingerprint_sensor_info()
    sensor().enroll().capture()
    sensor().enroll_cancel()
    # python-fido2 makes an empty list of INVALID_OPTION.
    given_up = len(sensor().enumerate_enrollments())
    template, failures = enrol()
    sensor().set_name(template, "thumb")
    sensor().set_name(template, "ring finger")
    names = list(sensor().enumerate_enrollments().values())
    sensor().remove_enrollment(template)
    return {
        "modality": sensor().get_modality(),
        "sensor": [info[key] for key in (2, 3, 8)],
        "givenUp": given_up,
        "failures": failures,
        "names": names,
        "left": len(sensor().enumerate_enrollments()),
        "uv": ctap.get_info().options["uv"],
    }


def sensor_names(ctap):
    sensor = FPBioEnrollment(ctap, *token(ctap, PERMISSION.BIO_ENROLL))
    return sensor.enumerate_enrollments().values()


def u2f(device):
    """U2F registration and authentication, checked by python-fido2."""
    ctap = Ctap1(device)
    challenge, application = os.urandom(32), os.urandom(32)
    made = ctap.register(challenge, application)
    made.verify(application, challenge)
    counters = []
    for _ in range(2):
        signed = ctap.authenticate(challenge, application, made.key_handle)
        signed.verify(application, challenge, made.public_key)
        counters.append(signed.counter)
    try:
        ctap.authenticate(challenge, os.urandom(32), made.key_handle)
        foreign = "accepted"
    except ApduError as error:
        foreign = hex(error.code)
    return {"version": ctap.get_version(), "counters": counters, "foreign": foreign}


def reset(device):
    """A reset right after power-up takes everything."""
    client, server = open_client(device), Fido2Server(RP)
    set_pin(device)
    register(client, server, "gone")
    ctap = Ctap2(device)
    ctap.reset()
    info = ctap.get_info()
    return {"clientPin": info.options["clientPin"], "remaining": info.remaining_disc_creds}


def information(device):
    """Every member of getInfo that python-fido2 knows; the encrypted ones are read with the persistent token."""
    set_pin(device)
    ctap = Ctap2(device)
    info = ctap.info
    _, persistent = token(ctap, PERMISSION.PERSISTENT_CREDENTIAL_MGMT)
    first, state = info.get_identifier(persistent), info.get_cred_store_state(persistent)
    client, server = open_client(device), Fido2Server(RP)
    register(client, server, "new")
    later = Ctap2(device).info
    return {
        "members": {
            field.name: getattr(info, field.name)
            for field in fields(info)
            if not field.name.startswith("enc_") and field.name not in ("aaguid", "options")
        },
        "identifier": [len(first), later.get_identifier(persistent) == first],
        "store": [len(state), later.get_cred_store_state(persistent) == state],
        "fresh": info.enc_identifier != later.enc_identifier,
    }


def read_only_management(device):
    """A persistent token lists what there is, whatever other tokens were given since, and deletes nothing."""
    client, server = open_client(device), Fido2Server(RP)
    set_pin(device)
    register(client, server, "only")
    ctap = Ctap2(device)
    held = token(ctap, PERMISSION.PERSISTENT_CREDENTIAL_MGMT)
    token(ctap, PERMISSION.GET_ASSERTION, "example.com")
    manager = CredentialManagement(ctap, *held)
    [rp] = manager.enumerate_rps()
    [credential] = manager.enumerate_creds(rp[CredentialManagement.RESULT.RP_ID_HASH])
    try:
        manager.delete_cred(credential[CredentialManagement.RESULT.CREDENTIAL_ID])
        deleted = "deleted"
    except CtapError as error:
        deleted = error.code.name
    again = token(ctap, PERMISSION.PERSISTENT_CREDENTIAL_MGMT)
    return {
        "rp": rp[CredentialManagement.RESULT.RP]["id"],
        "user": credential[CredentialManagement.RESULT.USER]["name"],
        "deleted": deleted,
        "same": held[1] == again[1],
    }


def prf_at_creation(device):
    """PRF outputs at creation (hmac-secret-mc) are those of a sign-in; so are hmac-secret's own."""
    client, server = open_client(device), Fido2Server(RP)
    set_pin(device)
    salts = {"first": b"a" * 8, "second": b"b" * 8}
    made, result = register(client, server, "prf", extensions={"prf": {"eval": salts}})
    created = result.client_extension_results["prf"]["results"]
    _, selection = sign_in(client, server, [made.credential_data], extensions={"prf": {"eval": salts}})
    used = selection.get_response(0).client_extension_results["prf"]["results"]
    plain = {"salt1": b"1" * 32, "salt2": b"2" * 32}
    _, selection = sign_in(client, server, [made.credential_data], extensions={"hmacGetSecret": plain})
    raw = selection.get_response(0).client_extension_results["hmacGetSecret"]
    return {
        "same": created == used,
        "lengths": [len(websafe_decode(raw[name])) for name in ("output1", "output2")],
    }


def policies(device):
    """minPinLength and pinComplexityPolicy are told to the sites that may know, thirdPartyPayment to all."""
    set_pin(device)
    ctap = Ctap2(device)
    wanted = {"minPinLength": True, "pinComplexityPolicy": True, "payment": {"isPayment": True}}

    def ask():
        client, server = open_client(device), Fido2Server(RP)
        made, _ = register(client, server, "policy", extensions=wanted)
        return made

    before = ask().extensions
    Config(ctap, *token(ctap, PERMISSION.AUTHENTICATOR_CFG)).set_min_pin_length(
        min_pin_length=6, rp_ids=["example.com"], pin_complexity_policy=True
    )
    made = ask()
    client, server = open_client(device), Fido2Server(RP)
    _, selection = sign_in(
        client, server, [made.credential_data], extensions={"payment": {"isPayment": True}}
    )
    try:
        ClientPin(ctap).change_pin(PIN, "11111111")
        simple = "accepted"
    except CtapError as error:
        simple = error.code.name
    Config(ctap, *token(ctap, PERMISSION.AUTHENTICATOR_CFG)).set_min_pin_length(force_change_pin=True)
    return {
        "before": before,
        "after": made.extensions,
        "payment": selection.get_assertions()[0].auth_data.extensions,
        "simple": simple,
        "forced": Ctap2(device).info.force_pin_change,
    }


CLIENT_DATA_HASH = sha256(b"client data")


def make_raw(ctap, algorithm, **more):
    user = {"id": b"user", "name": "user"}
    parameters = [{"type": "public-key", "alg": algorithm}]
    return ctap.make_credential(CLIENT_DATA_HASH, RP, user, parameters, **more)


class Trusts(AttestationVerifier):
    """Trusts one root, and credentials that attest themselves."""

    def __init__(self, root):
        super().__init__([PackedAttestation(), FidoU2FAttestation(), NoneAttestation()])
        self._root = root

    def ca_lookup(self, attestation_result, auth_data):
        return self._root


def algorithms(device, wanted):
    """Each algorithm that python-fido2 can verify: attestation by itself, then a sign-in."""
    ctap, seen = Ctap2(device), {}
    for algorithm in wanted:
        if CoseKey.for_alg(algorithm) is UnsupportedKey:
            seen[algorithm] = "unknown"
            continue
        try:
            made = make_raw(ctap, algorithm)
            result = PackedAttestation().verify(made.att_stmt, made.auth_data, CLIENT_DATA_HASH)
            data = made.auth_data.credential_data
            allowed = [{"type": "public-key", "id": data.credential_id}]
            used = ctap.get_assertion(RP["id"], CLIENT_DATA_HASH, allowed)
            used.verify(CLIENT_DATA_HASH, CoseKey.parse(data.public_key))
            seen[algorithm] = result.attestation_type.name
        except UnsupportedAlgorithm:
            seen[algorithm] = "unknown"
    return seen


def attestations(device, root):
    """python-fido2's own verifier with the root of the key as the only one that it trusts."""
    ctap, verifier, seen = Ctap2(device), Trusts(b64decode(root)), {}
    wishes = {"plain": {}, "one": {"enterprise_attestation": 1}, "two": {"enterprise_attestation": 2}}
    for name, more in wishes.items():
        made = make_raw(ctap, -7, **more)
        attestation = AttestationObject.create(made.fmt, made.auth_data, made.att_stmt)
        verifier.verify_attestation(attestation, CLIENT_DATA_HASH)
        seen[name] = {"fmt": made.fmt, "epAtt": made.ep_att, "x5c": len(made.att_stmt.get("x5c", []))}
    return seen


def enable_enterprise(device):
    ctap = Ctap2(device)
    set_pin(device)
    Config(ctap, *token(ctap, PERMISSION.AUTHENTICATOR_CFG)).enable_enterprise_attestation()
    return ctap.get_info().options["ep"]


def metadata(device, entry):
    """The metadata statement is read, found by the AAGUID or the certificate, and what it says verifies a registration."""
    statement = MetadataStatement.from_dict(entry["metadataStatement"])
    blob = MetadataBlobPayload.from_dict(
        {"legalHeader": "", "no": 1, "nextUpdate": "2999-01-01", "entries": [entry]}
    )
    verifier = MdsAttestationVerifier(blob)
    made = make_raw(Ctap2(device), -7)
    attestation = AttestationObject.create(made.fmt, made.auth_data, made.att_stmt)
    found = verifier.find_entry(attestation, CLIENT_DATA_HASH)
    bent = bytes([made.att_stmt["sig"][0] ^ 1]) + made.att_stmt["sig"][1:]
    try:
        forged = AttestationObject.create(made.fmt, made.auth_data, {**made.att_stmt, "sig": bent})
        verifier.find_entry(forged, CLIENT_DATA_HASH)
        refused = False
    except Exception:
        refused = True
    return {
        "description": statement.description,
        "found": found is not None and found.metadata_statement.description == statement.description,
        "roots": len(statement.attestation_root_certificates),
        "info": sorted(statement.authenticator_get_info or {}),
        "refused": refused,
    }


def to_json(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def play(scenario, port, *values):
    device = open_device(int(port))
    try:
        return {"saw": globals()[scenario](device, *values)}
    except Exception:
        return {"error": traceback.format_exc()}
    finally:
        device.close()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(play(*json.loads(line)), default=to_json), flush=True)
