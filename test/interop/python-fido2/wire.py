"""A Fauxkey on the stream transport, as a device of python-fido2."""

import socket

from fido2.client import DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap2 import extensions
from fido2.ctap2.base import Ctap2
from fido2.ctap2.pin import ClientPin
from fido2.hid import CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor

REPORT_SIZE = 64
PIN = "12345678"


class StreamConnection(CtapHidConnection):
    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def write_packet(self, data):
        self._socket.sendall(data)

    def read_packet(self):
        packet = b""
        while len(packet) < REPORT_SIZE:
            part = self._socket.recv(REPORT_SIZE - len(packet))
            if not part:
                raise ConnectionError("the key closed the stream")
            packet += part
        return packet

    def close(self):
        self._socket.close()


def open_device(port):
    descriptor = HidDescriptor("stream", 0xF1D0, 0xFA0C, REPORT_SIZE, REPORT_SIZE, "Fauxkey", None)
    return CtapHidDevice(descriptor, StreamConnection(port))


class Person(UserInteraction):
    """Touches whatever asks, and knows the PIN."""

    def prompt_up(self):
        pass

    def request_pin(self, permissions, rp_id):
        return PIN

    def request_uv(self, permissions, rp_id):
        return True


def open_client(device, origin="https://example.com"):
    return Fido2Client(
        device,
        DefaultClientDataCollector(origin),
        user_interaction=Person(),
        extensions=[
            extensions.HmacSecretExtension(allow_hmac_secret=True),
            extensions.LargeBlobExtension(),
            extensions.CredBlobExtension(),
            extensions.CredProtectExtension(),
            extensions.MinPinLengthExtension(),
            extensions.CredPropsExtension(),
            extensions.PinComplexityPolicyExtension(),
            extensions.ThirdPartyPaymentExtension(),
        ],
    )


def set_pin(device):
    ClientPin(Ctap2(device)).set_pin(PIN)


def token(ctap, permissions, rp_id=None):
    client_pin = ClientPin(ctap)
    return client_pin.protocol, client_pin.get_pin_token(PIN, permissions, rp_id)
