# SPDX-License-Identifier: LGPL-2.1-or-later
"""Did firmware and kernel measure the files that QEMU was given? Computed here from
those files, without ima-ns."""

import hashlib
import json
import os
import shlex
import subprocess
import tempfile

import firmware

SHA256 = 11
EV_EVENT_TAG = 6
# How far below the end of memory QEMU puts the initrd: ACPI tables come first.
ACPI_SIZES = (0x28000, 0x20000)


def number(data, at, size=4):
    return int.from_bytes(data[at:at + size], "little")


def authenticode(image):
    """What UEFI hashes of an image: all but checksum and certificates. This one
    has no certificates."""
    optional = number(image, 0x3c) + 24
    directory = optional + (112 if number(image, optional, 2) == 0x20b else 96) + 32
    assert number(image, directory, 8) == 0
    headers = number(image, optional + 60)
    table = optional + number(image, optional - 4, 2)
    digest = hashlib.sha256(image[:optional + 64])
    digest.update(image[optional + 68:directory])
    digest.update(image[directory + 8:headers])
    places = [(number(image, at + 20), number(image, at + 16))
              for at in range(table, table + 40 * number(image, optional - 18, 2), 40)]
    end = headers + sum(size for _, size in places)
    for at, size in sorted(places):
        digest.update(image[at:at + size])
    digest.update(image[end:])
    return digest.digest()


def loaded(kernel, initrd_size, memory):
    """The kernel as QEMU hands it over: fields of its header (Documentation/arch/
    x86/boot.rst) are filled in as for a boot by SeaBIOS."""
    for acpi in ACPI_SIZES:
        image = bytearray(kernel)

        def put(at, value, size):
            image[at:at + size] = value.to_bytes(size, "little")

        put(0x210, 0xb0, 1)  # type_of_loader: QEMU
        put(0x211, image[0x211] | 0x80, 1)  # loadflags: CAN_USE_HEAP
        put(0x224, 0xfe00, 2)  # heap_end_ptr
        put(0x228, 0x20000, 4)  # cmd_line_ptr
        put(0x218, (memory - acpi - 1 - initrd_size) & ~4095, 4)  # ramdisk_image
        put(0x21c, initrd_size, 4)  # ramdisk_size
        yield bytes(image)
    yield kernel


def read(path):
    with open(path, "rb") as file:
        return file.read()


def ours(command, log, image):
    """The digest that `ima-ns boot make --kernel` gives an image."""
    with tempfile.TemporaryDirectory() as work:
        paths = [os.path.join(work, name) for name in ("log", "kernel", "made")]
        for path, data in zip(paths, (log, image)):
            with open(path, "wb") as file:
                file.write(data)
        subprocess.run([command, "boot", "make", "--log", paths[0], "--kernel", paths[1],
                        "-o", paths[2]], check=True, stdout=subprocess.DEVNULL)
        with open(paths[2], encoding="ascii") as file:
            pcr4 = next(p for p in json.load(file)["pcrs"] if p["pcr"] == 4)
    last = [e for e in pcr4["events"] if e["type"] == "EV_EFI_BOOT_SERVICES_APPLICATION"][-1]
    return bytes.fromhex(last["digests"][0]["sha256"])


def check(check_, demo, command, evidence):
    with open(os.path.join(demo, "guest", "qemu.cmd"), encoding="utf-8") as file:
        argv = shlex.split(file.read())
    initrd = read(os.path.join(demo, "guest", "initramfs.gz"))
    kernel = read(argv[argv.index("-kernel") + 1])
    memory = int(argv[argv.index("-m") + 1]) << 20
    options = argv[argv.index("-append") + 1] + " initrd=initrd\0"  # what OVMF adds
    log = evidence["firmware-log"]
    _, events = firmware.events(log)
    images = [e.digests[SHA256] for e in events if e.kind == firmware.KERNEL]
    tagged = [e.digests[SHA256] for e in events if e.kind == EV_EVENT_TAG]
    image = next((i for i in loaded(kernel, len(initrd), memory)
                  if images == [authenticode(i)]), None)
    check_(image, "the firmware has measured the kernel that QEMU was given, and no other")
    check_(image and ours(command, log, image) == images[0],
           "boot make --kernel gives an image the firmware's digest")
    check_(tagged == [hashlib.sha256(options.encode("utf-16-le")).digest(),
                      hashlib.sha256(initrd).digest()],
           "the kernel's stub has measured command line and initrd as QEMU was given them")
