"""Debian's libfido2, called by ctypes: no headers and no compiler. Its reports travel over a stream."""

import ctypes
import socket
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_int, c_size_t, c_ubyte, c_void_p

REPORT_SIZE = 64
OMIT, FALSE, TRUE = 0, 1, 2
ES256, EDDSA, ES384, RS256 = -7, -8, -35, -257
HMAC_SECRET, CRED_PROTECT, LARGEBLOB_KEY, CRED_BLOB, MIN_PIN_LENGTH = 1, 2, 4, 8, 16


class Handle(c_void_p):
    """A pointer that stays one: ctypes would make a number of a plain c_void_p."""


class FidoError(Exception):
    def __init__(self, function, code):
        super().__init__(f"{function}: {library.fido_strerr(code).decode()}")
        self.name = library.fido_strerr(code).decode()


library = ctypes.CDLL("libfido2.so.1")

RESULTS = {
    Handle: """
        fido_dev_new fido_cred_new fido_assert_new fido_cbor_info_new fido_credman_metadata_new
        fido_credman_rp_new fido_credman_rk_new fido_credman_rk fido_bio_template_new
        fido_bio_enroll_new fido_bio_template_array_new fido_bio_template fido_bio_info_new
        es256_pk_new eddsa_pk_new es384_pk_new rs256_pk_new fido_cred_id_ptr fido_cred_pubkey_ptr
        fido_cred_user_id_ptr fido_cred_largeblob_key_ptr fido_cred_aaguid_ptr
        fido_assert_hmac_secret_ptr fido_assert_blob_ptr fido_assert_largeblob_key_ptr
        fido_assert_user_id_ptr fido_cbor_info_aaguid_ptr fido_cbor_info_protocols_ptr
        fido_cbor_info_options_value_ptr fido_cred_x5c_ptr fido_cred_authdata_raw_ptr""",
    c_size_t: """
        fido_cred_id_len fido_cred_pubkey_len fido_cred_user_id_len fido_cred_largeblob_key_len
        fido_cred_aaguid_len fido_assert_hmac_secret_len fido_assert_blob_len
        fido_assert_largeblob_key_len fido_assert_user_id_len fido_cbor_info_aaguid_len
        fido_cbor_info_protocols_len fido_cbor_info_versions_len fido_cbor_info_options_len
        fido_cbor_info_extensions_len fido_cbor_info_transports_len fido_cbor_info_algorithm_count
        fido_cred_x5c_len fido_assert_count fido_credman_rp_count fido_credman_rk_count
        fido_bio_template_array_count fido_cred_pin_minlen fido_cred_authdata_raw_len
        fido_cbor_info_certs_len""",
    c_char_p: """
        fido_strerr fido_cred_fmt fido_cred_user_name fido_cred_display_name fido_assert_user_name
        fido_credman_rp_id fido_credman_rp_name fido_bio_template_name
        fido_cbor_info_algorithm_type""",
    ctypes.c_uint64: """
        fido_cbor_info_maxmsgsiz fido_cbor_info_maxcredbloblen fido_cbor_info_maxcredcntlst
        fido_cbor_info_minpinlen fido_cbor_info_maxcredidlen fido_cbor_info_maxlargeblob
        fido_cbor_info_fwversion fido_cbor_info_uv_modality fido_cbor_info_maxrpid_minpinlen
        fido_credman_rk_existing fido_credman_rk_remaining""",
    ctypes.c_int64: "fido_cbor_info_rk_remaining",
    ctypes.c_uint32: "fido_assert_sigcount fido_cred_sigcount",
    ctypes.c_bool: "fido_cbor_info_new_pin_required fido_dev_has_pin fido_dev_has_uv fido_dev_is_fido2",
    ctypes.c_uint8: """
        fido_assert_flags fido_cred_flags fido_bio_enroll_remaining_samples
        fido_bio_enroll_last_status fido_bio_info_type fido_bio_info_max_samples""",
    POINTER(c_char_p): """
        fido_cbor_info_versions_ptr fido_cbor_info_extensions_ptr fido_cbor_info_transports_ptr
        fido_cbor_info_options_name_ptr fido_cbor_info_certs_name_ptr""",
    POINTER(ctypes.c_uint64): "fido_cbor_info_certs_value_ptr",
}
for result, names in RESULTS.items():
    for function_name in names.split():
        getattr(library, function_name).restype = result


def call(name, *arguments):
    """A function whose result is a status; anything but FIDO_OK is raised."""
    code = getattr(library, name)(*arguments)
    if code != 0:
        raise FidoError(name, code)


def read_bytes(prefix, *arguments):
    """What a pair of functions, `…_ptr` and `…_len`, gives."""
    size = getattr(library, f"{prefix}_len")(*arguments)
    return ctypes.string_at(getattr(library, f"{prefix}_ptr")(*arguments), size)


OPEN = CFUNCTYPE(c_void_p, c_char_p)
CLOSE = CFUNCTYPE(None, c_void_p)
READ = CFUNCTYPE(c_int, c_void_p, POINTER(c_ubyte), c_size_t, c_int)
WRITE = CFUNCTYPE(c_int, c_void_p, POINTER(c_ubyte), c_size_t)


class IoFunctions(ctypes.Structure):
    _fields_ = [("open", OPEN), ("close", CLOSE), ("read", READ), ("write", WRITE)]


class Stream:
    """libfido2's four I/O functions over a TCP connection to a key."""

    def __init__(self):
        self._socket = None
        # ctypes does not keep callbacks alive.
        self.functions = IoFunctions(
            OPEN(self._open), CLOSE(self._close), READ(self._read), WRITE(self._write)
        )

    def _open(self, path):
        host, port = path.decode().rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=20)
        return 1

    def _close(self, _handle):
        self._socket.close()

    def _read(self, _handle, buffer, size, _milliseconds):
        packet = b""
        while len(packet) < REPORT_SIZE:
            try:
                part = self._socket.recv(REPORT_SIZE - len(packet))
            except OSError:
                return -1
            if not part:
                return -1
            packet += part
        ctypes.memmove(buffer, packet, min(size, REPORT_SIZE))
        return REPORT_SIZE

    def _write(self, _handle, buffer, size):
        # The first byte is the report id, which a stream does not carry.
        self._socket.sendall(ctypes.string_at(buffer, size)[1:])
        return size


class Device:
    """An open key."""

    def __init__(self, port):
        library.fido_init(0)
        self._port = port
        self._open()

    def _open(self):
        self._stream = Stream()
        self.handle = library.fido_dev_new()
        call("fido_dev_set_io_functions", self.handle, byref(self._stream.functions))
        call("fido_dev_open", self.handle, f"127.0.0.1:{self._port}".encode())

    def reopen(self):
        """libfido2 asks a key what it can do only when it opens it."""
        self.close()
        self._open()

    def call(self, name, *arguments):
        call(name, self.handle, *arguments)

    def status(self, name, *arguments):
        """The name of the status that a call ends with."""
        return library.fido_strerr(getattr(library, name)(self.handle, *arguments)).decode()

    def close(self):
        library.fido_dev_close(self.handle)
        library.fido_dev_free(byref(self.handle))
