# SPDX-License-Identifier: LGPL-2.1-or-later
"""One guest: its command line, its console, and how it ended."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time

PROBE_SECONDS = 10
EVENT_SECONDS = 20
# What emulation needs more of every time-out.
SLOWNESS = {"kvm": 1, "tcg": 4}
# Debian's package ovmf: the code, and variables as they leave the factory.
UEFI = ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd")

# QEMU's device for each version of the TPM: a CRB interface has TPM 2.0 only.
TPM_DEVICES = {"1.2": "tpm-tis", "2.0": "tpm-crb"}


def probe_accel(kernel, initrd, build):
    """KVM only where a guest really runs to its end under it: /dev/kvm may exist
    and hang every guest. The answer holds until this machine reboots."""
    cache = os.path.join(build, "accel")
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as f:
        boot = f.read().strip()
    try:
        with open(cache, encoding="ascii") as f:
            known, accel = f.read().split()
            if known == boot:
                return accel
    except (FileNotFoundError, ValueError):
        pass
    accel = "kvm" if kvm_works(kernel, initrd) else "tcg"
    with open(cache, "w", encoding="ascii") as f:
        f.write(f"{boot} {accel}\n")
    return accel


def kvm_works(kernel, initrd):
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    print("qemu: trying KVM", flush=True)
    guest = subprocess.Popen(
        ["qemu-system-x86_64", "-machine", "q35,accel=kvm", "-cpu", "host", "-m", "256",
         "-nodefaults", "-display", "none", "-no-reboot", "-serial", "none",
         "-kernel", kernel, "-initrd", initrd, "-append", "imans.probe=1 panic=-1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return guest.wait(PROBE_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        guest.kill()
        guest.wait()


class Guest:
    """options: kernel initrd root suite_image append mem smp accel; work is a
    directory for sockets, out one for what the host keeps."""

    def __init__(self, options, tpm, work, out):
        self.options, self.tpm, self.work, self.out = options, tpm, work, out
        self.qmp_path = os.path.join(work, "qmp")
        self.process = None
        self.reader = None
        # Has PID 1 said anything; was QEMU's end a signal that we did not send.
        self.begun = False
        self.died = False

    def command(self, interactive):
        o = self.options
        cmd = ["qemu-system-x86_64", "-machine", f"q35,accel={o.accel}",
               "-cpu", "host" if o.accel == "kvm" else "max",
               "-m", str(o.mem), "-smp", str(o.smp), "-nodefaults", "-display", "none",
               "-action", "reboot=shutdown,shutdown=" + ("poweroff" if interactive else "pause"),
               "-kernel", o.kernel, "-initrd", o.initrd, "-append", " ".join(o.append),
               "-chardev", f"socket,id=tpm,path={self.tpm.socket}",
               "-tpmdev", "emulator,id=tpm0,chardev=tpm",
               "-device", TPM_DEVICES[o.tpm_version] + ",tpmdev=tpm0",
               "-device", "virtio-rng-pci", *(["-icount", "shift=0"] if o.icount else []),
               "-serial", "mon:stdio" if interactive else "stdio"]
        if o.uefi:
            for unit, part in enumerate(UEFI):
                cmd += ["-drive", f"file={part},format=raw,if=pflash,unit={unit},"
                        + ("snapshot=on" if unit else "readonly=on")]
        for image in (o.root, o.suite_image):
            if image:
                cmd += ["-drive", f"file={image},format=raw,if=virtio,snapshot=on"]
        if not interactive:
            cmd += ["-device", "virtio-serial-pci",
                    "-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
            for port in ("verdict", "export"):
                cmd += ["-chardev", f"file,id={port},path={os.path.join(self.out, port)}",
                        "-device", f"virtserialport,chardev={port},name={port}"]
        return cmd

    def start(self, quiet):
        command = self.command(False)
        with open(os.path.join(self.out, "qemu.cmd"), "w", encoding="utf-8") as f:
            f.write(shlex.join(command) + "\n")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=dict(os.environ, TMPDIR=self.work))
        self.reader = threading.Thread(target=self.read_console, args=(quiet,), daemon=True)
        self.reader.start()

    def read_console(self, quiet):
        """All of it to the terminal, or only what PID 1 says, as TAP's comments."""
        with open(os.path.join(self.out, "console.log"), "wb") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                self.begun |= line.startswith(b"init: ")
                if quiet and line.startswith(b"init: "):
                    line = b"# " + line
                elif quiet:
                    continue
                sys.stdout.buffer.write(line.replace(b"\r", b""))
                sys.stdout.flush()

    def wait(self, seconds):
        """How the guest ended: "guest-shutdown", or why that is no proper end."""
        end = time.monotonic() + seconds
        try:
            with self.connect_qmp() as qmp:
                return self.wait_for_event(qmp, end)
        except (OSError, ValueError, EOFError) as error:
            return self.died_of() or f"QEMU gave up: {error}"

    def connect_qmp(self):
        end = time.monotonic() + EVENT_SECONDS
        while True:
            qmp = socket.socket(socket.AF_UNIX)
            try:
                qmp.connect(self.qmp_path)
                qmp.sendall(b'{"execute": "qmp_capabilities"}\n')
                return qmp
            except OSError:
                qmp.close()
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    @staticmethod
    def wait_for_event(qmp, end):
        pending = b""
        while True:
            left = end - time.monotonic()
            if left <= 0:
                return "timeout"
            qmp.settimeout(left)
            try:
                chunk = qmp.recv(65536)
            except TimeoutError:
                return "timeout"
            if not chunk:
                raise EOFError("it has closed its monitor")
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                message = json.loads(line)
                if message.get("event") == "SHUTDOWN":
                    return message["data"]["reason"]

    def died_of(self):
        """The signal that ended QEMU, if one did before kill()."""
        try:
            code = self.process.wait(EVENT_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        self.died = code < 0
        return f"QEMU died of {signal.Signals(-code).name}" if self.died else None

    def kill(self):
        """Not asked to quit, which would shut the TPM down and lose its PCRs."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.reader.join(5)

    def interact(self):
        return subprocess.call(self.command(True), env=dict(os.environ, TMPDIR=self.work))
