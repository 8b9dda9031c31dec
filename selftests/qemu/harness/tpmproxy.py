# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stands between QEMU and swtpm: makes the TPM slow, lets it fail, and counts.

QEMU hands swtpm one end of its data channel over the control channel, as a file
descriptor. The proxy keeps that one and hands swtpm one of its own:

    QEMU --- control ---> proxy --- control ---> swtpm
         === data ======>       === data ======>

The guest says what is to happen, by a command of the proxy's own that it writes
to /dev/tpm0: a TPM header with the code CONTROL, and words in ASCII. The answer is
a header and text. Codes of vendors' commands have that bit; swtpm has none.
"""

import json
import os
import socket
import struct
import threading
import time

from .swtpm import CMD_SET_DATAFD, IMA_PCR, TpmError

CONTROL = 0x20494D41
PCR_EXTEND = 0x182
HEADER = struct.Struct(">HII")
NO_SESSIONS = 0x8001
RC_FAILURE = 0x101
RC_COMMAND_CODE = 0x143
CHUNK = 65536
# For a fault's delay to pass.
PATIENCE = 40


def answer(code, body=b""):
    return HEADER.pack(NO_SESSIONS, HEADER.size + len(body), code) + body


def receive(channel):
    """One command or response, whole; None at the end."""
    data = b""
    while len(data) < HEADER.size or len(data) < HEADER.unpack_from(data)[1]:
        chunk = channel.recv(CHUNK)
        if not chunk:
            return None
        data += chunk
    return data


class Fault:
    """What happens to extends of PCR 10, from one to come on, so many times.

    before   an error, without effect
    after    an error, though it had its effect
    lost     its effect, and no answer for some seconds
    stall    for some seconds neither effect nor answer, and then both
    foreign  an error, after somebody else's extend
    dead     an error, as for every command from then on
    """

    KINDS = ("before", "after", "lost", "stall", "foreign", "dead")

    def __init__(self, kind, nth, times, seconds):
        self.kind, self.nth, self.times, self.seconds = kind, nth, times, seconds

    @classmethod
    def parse(cls, words):
        """KIND NTH [TIMES [SECONDS]]"""
        kind, *numbers = words
        if kind not in cls.KINDS or not 1 <= len(numbers) <= 3:
            raise ValueError(f"no fault {' '.join(words)}")
        numbers = [float(n) for n in numbers] + [1, 5][len(numbers) - 1:]
        return cls(kind, int(numbers[0]), int(numbers[1]), numbers[2])

    def due(self):
        """Counts one extend."""
        self.nth -= 1
        if self.nth > 0 or self.times <= 0:
            return False
        self.times -= 1
        return True


class TpmProxy:
    """As Swtpm, to QEMU."""

    def __init__(self, tpm, work, orders):
        self.tpm, self.delay = tpm, 0.0
        self.socket = os.path.join(os.path.abspath(work), "tpm-proxy")
        self.lock = threading.Lock()
        self.fault, self.dead = None, False
        self.counts, self.extends, self.busy = {}, 0, 0.0
        try:
            for order in orders:
                self.order(order.split())
        except (ValueError, IndexError) as error:
            raise TpmError(f"--tpm: {error}") from error
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.socket)
        self.listener.listen(1)
        self.threads = []
        self.start(self.serve)

    def start(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def serve(self):
        while True:
            try:
                qemu, _ = self.listener.accept()
            except OSError:
                return
            with qemu, socket.socket(socket.AF_UNIX) as swtpm:
                swtpm.connect(self.tpm.socket)
                self.control(qemu, swtpm)

    def control(self, qemu, swtpm):
        """QEMU waits for each answer before it sends the next command."""
        while True:
            data, fds, _, _ = socket.recv_fds(qemu, CHUNK, 1)
            if not data:
                return
            if fds and struct.unpack_from(">I", data)[0] == CMD_SET_DATAFD:
                ours, theirs = socket.socketpair()
                with theirs:
                    socket.send_fds(swtpm, [data], [theirs.fileno()])
                self.start(self.data, socket.socket(fileno=fds[0]), ours)
            else:
                swtpm.sendall(data)
            qemu.sendall(swtpm.recv(CHUNK))

    def data(self, qemu, swtpm):
        with qemu, swtpm:
            try:
                while command := receive(qemu):
                    qemu.sendall(self.transact(command, swtpm))
            except OSError as error:
                print(f"tpm-proxy: {error}", flush=True)

    def transact(self, command, swtpm):
        code = HEADER.unpack_from(command)[2]
        if code == CONTROL:
            return self.steer(command[HEADER.size:])
        begin = time.monotonic()
        with self.lock:
            self.counts[code] = self.counts.get(code, 0) + 1
            extends = code == PCR_EXTEND and struct.unpack_from(">I", command, HEADER.size)[0] == IMA_PCR
            if extends:
                self.extends += 1
            fault = self.fault if extends and self.fault and self.fault.due() else None
            if fault and fault.kind == "dead":
                self.dead = True
        response = self.perform(command, swtpm, fault)
        if extends:
            left = begin + self.delay - time.monotonic()
            time.sleep(max(left, 0))
            self.busy += time.monotonic() - begin
        return response

    def perform(self, command, swtpm, fault):
        def forward(what=command):
            swtpm.sendall(what)
            return receive(swtpm)

        if self.dead:
            return answer(RC_FAILURE)
        if not fault:
            return forward()
        if fault.kind == "before":
            return answer(RC_FAILURE)
        if fault.kind == "foreign":
            forward(command[:-1] + bytes([command[-1] ^ 1]))
            return answer(RC_FAILURE)
        if fault.kind == "stall":
            time.sleep(fault.seconds)
            return forward()
        response = forward()
        if fault.kind == "after":
            return answer(RC_FAILURE)
        time.sleep(fault.seconds)
        return response

    def steer(self, text):
        try:
            return answer(0, self.order(text.decode("ascii").split()).encode("ascii"))
        except (ValueError, IndexError, UnicodeError) as error:
            print(f"tpm-proxy: {error}", flush=True)
            return answer(RC_COMMAND_CODE)

    def order(self, words):
        verb, *rest = words or [""]
        with self.lock:
            if verb == "delay":
                self.delay = float(rest[0])
            elif verb == "fault":
                self.fault = Fault.parse(rest)
            elif verb == "mend":
                self.fault, self.dead = None, False
            elif verb != "count":
                raise ValueError(f"no order {verb}")
            return f"{self.extends} {self.busy:.3f}"

    def save(self, path):
        """What came of it: for the host's tests."""
        with open(path, "w", encoding="ascii") as f:
            json.dump({"extends": self.extends,
                       "commands": {f"0x{c:x}": n for c, n in sorted(self.counts.items())}}, f)
            f.write("\n")

    def stop(self):
        """Lets go of swtpm, which takes one data channel at a time. QEMU is gone."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(PATIENCE)
