# SPDX-License-Identifier: LGPL-2.1-or-later
"""A fresh software TPM for one boot, and its PCRs once the guest is gone."""

import os
import signal
import socket
import struct
import subprocess
import time

BANKS = {"sha1": (0x0004, 20), "sha256": (0x000B, 32),
         "sha384": (0x000C, 48), "sha512": (0x000D, 64)}
IMA_PCR = 10
CMD_SET_DATAFD = 16
DEADLINE = 10


class TpmError(Exception):
    """Says what went wrong with swtpm, in one line."""


class Swtpm:
    def __init__(self, work, log, version="2.0"):
        # swtpm wants absolute paths; a socket's may have 107 bytes at most.
        self.state = os.path.join(os.path.abspath(work), "tpm")
        self.socket = os.path.join(self.state, "ctrl")
        self.log = log
        self.version = version
        kind = ["--tpm2"] if version == "2.0" else []
        os.makedirs(self.state)
        self.manufacture(kind)
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                ["swtpm", "socket", *kind, "--tpmstate", f"dir={self.state}",
                 "--ctrl", f"type=unixio,path={self.socket}"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.wait_for_socket()

    def manufacture(self, kind):
        banks = ["--pcr-banks", ",".join(BANKS)] if kind else []
        with open(self.log, "wb") as out:
            done = subprocess.run(
                ["swtpm_setup", *kind, "--tpmstate", self.state, "--overwrite", *banks],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
        if done.returncode:
            raise TpmError(f"swtpm_setup failed, see {self.log}")

    def wait_for_socket(self):
        end = time.monotonic() + DEADLINE
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise TpmError(f"swtpm did not start, see {self.log}")
            time.sleep(0.02)

    def read_pcrs(self):
        """Straight from swtpm, through a data channel of our own. QEMU must have
        been killed: one that exits properly shuts the TPM down."""
        with socket.socket(socket.AF_UNIX) as ctrl:
            ctrl.settimeout(DEADLINE)
            ctrl.connect(self.socket)
            ours, theirs = socket.socketpair()
            with ours:
                with theirs:
                    socket.send_fds(ctrl, [struct.pack(">I", CMD_SET_DATAFD)], [theirs.fileno()])
                if ctrl.recv(4) != b"\0\0\0\0":
                    raise TpmError("swtpm refuses a data channel")
                ours.settimeout(DEADLINE)
                if self.version == "1.2":
                    return {"sha1": pcr_read_12(ours)}
                return {bank: digest for bank in BANKS if (digest := pcr_read(ours, bank))}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def pcr_read(channel, bank):
    """TPM2_PCR_Read of PCR 10 in one bank: hex, or None if it isn't allocated."""
    alg, size = BANKS[bank]
    select = bytearray(3)
    select[IMA_PCR // 8] = 1 << (IMA_PCR % 8)
    body = struct.pack(">IHB", 1, alg, 3) + bytes(select)
    channel.sendall(struct.pack(">HII", 0x8001, 10 + len(body), 0x17E) + body)
    response = channel.recv(4096)
    if len(response) < 10 or struct.unpack(">I", response[6:10])[0]:
        raise TpmError(f"TPM2_PCR_Read failed: {response.hex()}")
    # head, update counter, selection, count, then one digest with its size
    count, = struct.unpack(">I", response[24:28])
    if count == 0:
        return None
    if len(response) != 30 + size:
        raise TpmError(f"TPM2_PCR_Read answered {len(response)} bytes")
    return response[30:].hex()


def pcr_read_12(channel):
    """TPM_PCRRead of PCR 10, for a TPM 1.2: hex."""
    channel.sendall(struct.pack(">HIII", 0x00C1, 14, 0x15, IMA_PCR))
    response = channel.recv(4096)
    if len(response) != 30 or struct.unpack(">I", response[6:10])[0]:
        raise TpmError(f"TPM_PCRRead failed: {response.hex()}")
    return response[10:].hex()
