"""Scenarios that python-fido2 plays on a key. Usage: scenarios.py NAME PORT; prints what it saw as JSON."""

import json
import os
import sys

from fido2.ctap import CtapError
from fido2.ctap1 import ApduError, Ctap1
from fido2.ctap2.base import Ctap2
from fido2.ctap2.bio import CaptureError, FPBioEnrollment
from fido2.ctap2.blob import LargeBlobs
from fido2.ctap2.config import Config
from fido2.ctap2.credman import CredentialManagement
from fido2.ctap2.pin import ClientPin, PinProtocolV1
from fido2.server import Fido2Server
from fido2.utils import websafe_decode

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


if __name__ == "__main__":
    device = open_device(int(sys.argv[2]))
    try:
        print(json.dumps(globals()[sys.argv[1]](device), default=str))
    finally:
        device.close()
