#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reference values of images, against another implementation: layers are made at
random, written as OCI layouts, oci-archives and docker-archives, and flattened here
as the image specification says, by code that shares nothing with the library. Then
images that are damaged or hostile. Prints TAP. O= is where the command was built.

images.py [COUNT [SEED]]"""

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
IMANS = os.path.join(os.environ.get("O", os.path.join(HERE, "../../../build")), "bin/ima-ns")
OCI = "application/vnd.oci.image."
NAMES = ["a", "b", "c", "lib", "bin"]
# Nothing here takes a tenth of that, unless it is a multiple of what it should be.
SECONDS = 120


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------- flattening

class Refused(Exception):
    pass


class Dir:
    def __init__(self):
        self.names = {}


class Link:
    def __init__(self, target):
        self.target = target


class Tree:
    """Directories are Dir, links Link, files bytes, other things None."""

    def __init__(self):
        self.root = Dir()

    def walk(self, parts, make):
        """The directory at the end, through links that never leave the root."""
        path, todo, links = [self.root], list(parts), 0
        while todo:
            part = todo.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                path = path[:-1] or path
                continue
            here = path[-1].names
            if part not in here:
                if not make:
                    raise KeyError(part)
                here[part] = Dir()
            node = here[part]
            if isinstance(node, Link):
                links += 1
                if links > 40:
                    raise Refused("loop")
                todo = node.target.split("/") + todo
                if node.target.startswith("/"):
                    path = [self.root]
            elif isinstance(node, Dir):
                path.append(node)
            else:
                raise NotADirectoryError(part)
        return path[-1]

    def apply(self, layer):
        for m in layer:
            name = m["path"].rsplit("/", 1)[-1]
            parts = m["path"].split("/")
            if not name.startswith(".wh.") or (name != ".wh..wh..opq" and
                                               name.startswith(".wh..wh.")):
                continue
            try:
                up = self.walk(parts[:-1], False)
            except (KeyError, NotADirectoryError):
                continue
            if name == ".wh..wh..opq":
                up.names.clear()
            else:
                up.names.pop(name[4:], None)
        for m in layer:
            parts = m["path"].split("/")
            if parts[-1].startswith(".wh."):
                continue
            try:
                up = self.walk(parts[:-1], True)
                node = self.node(m)
            except (KeyError, NotADirectoryError) as error:
                raise Refused(str(error)) from error
            there = up.names.get(parts[-1])
            if isinstance(node, Dir) and isinstance(there, Dir):
                continue
            if m["type"] == "hard" and isinstance(there, Dir) and self.holds(there, m["target"]):
                raise Refused("in place of its own target")
            up.names[parts[-1]] = node

    def node(self, m):
        if m["type"] == "file":
            return m["data"]
        if m["type"] == "dir":
            return Dir()
        if m["type"] == "link":
            return Link(m["target"])
        if m["type"] == "hard":
            parts = m["target"].split("/")
            node = self.walk(parts[:-1], False).names[parts[-1]]
            if isinstance(node, Dir):
                raise Refused("hard link to a directory")
            return node
        return None

    def holds(self, there, target):
        """Whether the directory that a link's target stands in is there, or below it."""
        wanted, todo = self.walk(target.split("/")[:-1], False), [there]
        while todo:
            one = todo.pop()
            if one is wanted:
                return True
            todo += [n for n in one.names.values() if isinstance(n, Dir)]
        return False

    def files(self):
        todo, out = [("", self.root)], {}
        while todo:
            path, node = todo.pop()
            for name, n in node.names.items():
                if isinstance(n, Dir):
                    todo.append((f"{path}/{name}", n))
                elif isinstance(n, bytes):
                    out[f"{path}/{name}"] = sha256(n)
        return out


# ----------------------------------------------------------------------- making

def random_path(rng, depth=3):
    return "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, depth)))


def flatten(layers):
    """The files, or None if there is something that can't be."""
    tree = Tree()
    try:
        for layer in layers:
            tree.apply(layer)
    except Refused:
        return None
    return tree.files()


def random_layers(rng):
    """Most of what can't be is left out, as one such entry ends it all."""
    layers = []
    for _ in range(rng.randint(1, 5)):
        layers.append([])
        for m in random_layer(rng):
            layers[-1].append(m)
            if flatten(layers) is None and rng.random() < 0.98:
                layers[-1].pop()
    if rng.random() < 0.2 and flatten(layers + layers[:1]) is not None:
        layers.append(layers[0])
    return layers


def random_layer(rng):
    layer = []
    for _ in range(rng.randint(1, 12)):
        path, kind = random_path(rng), rng.random()
        if kind < 0.35:
            layer.append({"type": "file", "path": path, "data": rng.randbytes(rng.randint(0, 99))})
        elif kind < 0.5:
            layer.append({"type": "dir", "path": path})
        elif kind < 0.65:
            target = rng.choice(["", "/", "../", "../../"]) + random_path(rng, 2)
            layer.append({"type": "link", "path": path, "target": target})
        elif kind < 0.72:
            layer.append({"type": "hard", "path": path, "target": random_path(rng)})
        elif kind < 0.76:
            layer.append({"type": "fifo", "path": path})
        else:
            up, _, name = path.rpartition("/")
            name = rng.choice([".wh." + name, ".wh." + name, ".wh..wh..opq", ".wh..wh.plnk"])
            layer.append({"type": "file", "path": f"{up}/{name}" if up else name, "data": b""})
    return layer


TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE,
         "hard": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE}


def tar(members, rng=None, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8",
                      errors="surrogateescape") as archive:
        for m in members:
            before = rng.choice(["", "./", "/", ".//"]) if rng else ""
            info = tarfile.TarInfo(before + m["path"])
            info.type = TYPES[m["type"]]
            info.linkname = m.get("target", "")
            info.size = len(m.get("data", b""))
            archive.addfile(info, io.BytesIO(m.get("data", b"")))
    return out.getvalue()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


PACK = {"": lambda d: d, "+gzip": lambda d: gzip.compress(d, 1, mtime=0), "+zstd": zstd}


class Layout:
    """An OCI layout in memory: files by name."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
        self.manifests = []

    def blob(self, data, kind):
        digest = sha256(data)
        self.files["blobs/" + digest.replace(":", "/")] = data
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    def image(self, tars, packs, platform=("linux", "amd64"), ref=None, named=True):
        config = {"os": platform[0], "architecture": platform[1],
                  "rootfs": {"type": "layers", "diff_ids": [sha256(t) for t in tars]}}
        if len(platform) > 2:
            config["variant"] = platform[2]
        manifest = {"schemaVersion": 2,
                    "config": self.blob(json.dumps(config).encode(), OCI + "config.v1+json"),
                    "layers": [self.blob(PACK[p](t), OCI + "layer.v1.tar" + p)
                               for t, p in zip(tars, packs)]}
        descriptor = self.blob(json.dumps(manifest).encode(), OCI + "manifest.v1+json")
        if named:
            keys = ("os", "architecture", "variant")
            descriptor["platform"] = dict(zip(keys, platform))
        if ref:
            descriptor["annotations"] = {OCI.replace("application/vnd.oci", "org.opencontainers")
                                         + "ref.name": ref}
        return descriptor

    def index(self, *descriptors):
        self.files["index.json"] = json.dumps({"schemaVersion": 2,
                                               "manifests": descriptors}).encode()
        return self

    def directory(self, path):
        for name, data in self.files.items():
            os.makedirs(os.path.dirname(f"{path}/{name}"), exist_ok=True)
            with open(f"{path}/{name}", "wb") as f:
                f.write(data)
        return path

    def archive(self, rng=None):
        names = list(self.files)
        if rng:
            rng.shuffle(names)
        return tar([{"type": "file", "path": n, "data": self.files[n]} for n in names])


def docker(tars, rng, old):
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
        "type": "layers", "diff_ids": [sha256(t) for t in tars]}}).encode()
    name = sha256(config)[7:] + ".json"
    members, layers, seen = [{"type": "file", "path": name, "data": config}], [], {}
    for n, t in enumerate(tars):
        path = f"{n:064x}/layer.tar" if old else f"blobs/sha256/{sha256(t)[7:]}"
        layers.append(path)
        if path in seen.values():
            continue
        if old and t in seen:
            # As it once wrote what it had already.
            members.append({"type": "link", "path": path, "target": "../" + seen[t]})
        else:
            seen[t] = path
            members.append({"type": "file", "path": path, "data": t})
    members.append({"type": "file", "path": "manifest.json", "data": json.dumps(
        [{"Config": name, "RepoTags": ["x:1"], "Layers": layers}]).encode()})
    rng.shuffle(members)
    return tar(members)


# --------------------------------------------------------------------- judgement

class Work:
    def __init__(self, path):
        self.path = path
        self.out = path + "/out.json"

    def put(self, data):
        with open(self.path + "/image.tar", "wb") as f:
            f.write(data)
        return self.path + "/image.tar"

    def make(self, image, *options):
        """(exit code, one line of words, {path: digest})"""
        if os.path.exists(self.out):
            os.unlink(self.out)
        done = subprocess.run([IMANS, "policy", "make", "--match", "*", "--image", image, *options,
                               "-o", self.out], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False, timeout=SECONDS)
        if done.returncode:
            assert not os.path.exists(self.out), "half-written"
            assert done.stderr.count("\n") == 1, done.stderr
            return done.returncode, done.stderr.strip(), None
        with open(self.out, encoding="utf-8") as f:
            files = json.load(f)["files"]
        return 0, "", {p: d[0] for p, d in files.items()}

    def refused(self, image, code, words, *options):
        got = self.make(image, *options)
        assert got[0] == code and words in got[1], (words, got)

    def directory(self, layout):
        shutil.rmtree(self.path + "/layout", ignore_errors=True)
        return layout.directory(self.path + "/layout")


def differential(work, count, seed):
    kinds = {"refused": 0, "files": 0}
    for n in range(count):
        rng = random.Random(f"{seed} {n}")
        layers = random_layers(rng)
        wanted = flatten(layers)
        tars = [tar(layer, random.Random(repr(layer)),
                    rng.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]))
                for layer in layers]
        how = n % 4
        if how < 2:
            layout = Layout()
            packs = [rng.choice(["", "+gzip"] + ["+zstd"] * (n % 20 == 0)) for _ in tars]
            layout.index(layout.image(tars, packs))
            image = work.put(layout.archive(rng)) if how else work.directory(layout)
        else:
            data = docker(tars, rng, how == 2)
            image = work.put(gzip.compress(data, 1) if rng.random() < 0.3 else data)
        code, words, got = work.make(image)
        if got != wanted:
            raise AssertionError(f"seed {seed} {n}: {code} {words}\n{layers}\n{got}\n{wanted}")
        kinds["refused"] += wanted is None
        kinds["files"] += len(wanted or ())
    assert 0 < kinds["refused"] < count / 2 and kinds["files"] > count, kinds
    print(f"# {count} images, {kinds['files']} files, {kinds['refused']} refused")


def names(work):
    """Bytes stay what they are: other characters, decomposed ones, none at all."""
    odd = ["é", "e\u0301", "\u65e5\u672c", b"\xff\xfe".decode("utf-8", "surrogateescape"), "a\nb",
           "back\\slash", "x" * 200, "/".join(["d" * 100] * 20)]
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        layout = Layout()
        t = tar([{"type": "file", "path": p, "data": b"1"} for p in odd], form=form)
        layout.index(layout.image([t], [""]))
        for env in ("C", "C.UTF-8"):
            os.environ["LC_ALL"] = env
            got = work.make(work.directory(layout))[2]
            wanted = {"/" + "".join(chr(c) if 32 <= c < 127 and c != 92 else f"\\x{c:02x}"
                                    for c in p.encode("utf-8", "surrogateescape")) for p in odd}
            assert got is not None and set(got) == wanted, (got, wanted)


def platforms(work):
    layout = Layout()
    arm, intel, v7 = (tar([{"type": "file", "path": p, "data": b""}]) for p in ("arm", "intel", "v7"))
    inner = layout.blob(json.dumps({"manifests": [
        layout.image([arm], ["+gzip"], ("linux", "arm64", "v8")),
        layout.image([intel], [""]), layout.image([v7], [""], ("linux", "arm", "v7")),
        {**layout.image([intel], [""], ("unknown", "unknown")),
         "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
    ]}).encode(), OCI + "index.v1+json")
    inner["annotations"] = {"org.opencontainers.image.ref.name": "multi"}
    other = layout.image([arm], [""], ("linux", "arm64"), ref="other", named=False)
    path = work.directory(layout.index(inner, other))
    for ref, platform, wanted in (("multi", "linux/amd64", "/intel"), ("multi", "linux/arm64", "/arm"),
                                  ("multi", "linux/arm64/v8", "/arm"),
                                  ("multi", "linux/arm/v7", "/v7"), ("other", "linux/arm64", "/arm")):
        got = work.make(path, "--ref", ref, "--platform", platform)
        assert list(got[2] or ()) == [wanted], (ref, platform, got)
    work.refused(path, 2, "3 images: say which platform", "--ref", "multi")
    work.refused(path, 2, "2 images: say which platform")
    work.refused(path, 2, "no image for platform", "--ref", "none")
    work.refused(path, 2, "no image for platform", "--ref", "multi", "--platform", "linux/s390x")
    work.refused(path, 2, "no image for platform", "--ref", "multi", "--platform", "linux/arm64/v9")
    work.refused(path, 2, "is not for linux/riscv64", "--ref", "other", "--platform",
                 "linux/riscv64")


def one_layer(members, pack="", form=tarfile.PAX_FORMAT):
    layout = Layout()
    return layout.index(layout.image([tar(members, form=form)], [pack]))


GOOD = [{"type": "file", "path": "bin/x", "data": b"content" * 999}]


def damaged(work):
    """Every blob that the image names: gone, changed, cut off, longer."""
    for pack in PACK:
        for name in [n for n in one_layer(GOOD, pack).files if n.startswith("blobs/")]:
            for change in (None, lambda d: bytes([d[0] ^ 1]) + d[1:],
                           lambda d: d[:-1] + bytes([d[-1] ^ 1]), lambda d: d[:-1],
                           lambda d: d[:len(d) // 2], lambda d: d + b"\0", lambda d: b""):
                layout = one_layer(GOOD, pack)
                if change:
                    layout.files[name] = change(layout.files[name])
                else:
                    del layout.files[name]
                for path in (work.directory(layout), work.put(layout.archive())):
                    code, words, _ = work.make(path)
                    assert code == (1 if change else 2) or (change and code == 2), (name, words)
                    assert "missing" in words or change, words
    for name in ("index.json",):
        layout = one_layer(GOOD)
        del layout.files[name]
        work.refused(work.directory(layout), 2, "index.json: is missing")
        work.refused(work.put(layout.archive()), 2, "manifest.json: is missing")


def documents(work):
    def variant(change, what):
        layout = Layout()
        descriptor = layout.image([tar(GOOD)], [""])
        path = "blobs/" + descriptor["digest"].replace(":", "/")
        manifest = json.loads(layout.files[path])
        config_path = "blobs/" + manifest["config"]["digest"].replace(":", "/")
        config = json.loads(layout.files[config_path])
        change(descriptor, manifest, config)
        manifest["config"] = {**layout.blob(json.dumps(config).encode(), "x"),
                              **manifest["config"].get("keep", {})}
        descriptor.update({k: v for k, v in layout.blob(
            json.dumps(manifest).encode(), descriptor["mediaType"]).items() if k != "mediaType"})
        code, words, _ = work.make(work.directory(layout.index(descriptor)))
        assert code and what in words, (what, code, words)

    variant(lambda d, m, c: m["layers"][0].update(mediaType="application/x-rar"), "not known")
    variant(lambda d, m, c: m["layers"][0].pop("mediaType"), "not known")
    variant(lambda d, m, c: m["layers"][0].update(mediaType=OCI + "layer.v1.tar+gzip"),
            "not compressed as its media type says")
    variant(lambda d, m, c: m["layers"][0].update(digest="md5:00"), "without a SHA-256")
    variant(lambda d, m, c: m["layers"][0].update(digest="sha256:../../etc/passwd"),
            "without a SHA-256")
    variant(lambda d, m, c: m["layers"][0].update(digest="sha256:" + "0" * 64), "missing")
    variant(lambda d, m, c: m.pop("layers"), "without config or layers")
    variant(lambda d, m, c: m.update(layers=m["layers"] * 513), "more than 512 layers")
    variant(lambda d, m, c: m.update(layers=m["layers"] * 2), "not as many diff_ids")
    variant(lambda d, m, c: c.pop("rootfs"), "without rootfs.diff_ids")
    variant(lambda d, m, c: c["rootfs"].update(diff_ids=["sha256:" + "0" * 64]),
            "is not what diff_ids say")
    variant(lambda d, m, c: c["rootfs"].update(diff_ids=[7]), "that is no digest")
    variant(lambda d, m, c: d.update(mediaType="text/plain"), "no image")
    layout, descriptor = one_layer(GOOD), None
    layout.files["index.json"] = b"[" * 100
    work.refused(work.directory(layout), 1, "index.json: byte")
    layout.files["index.json"] = b"x" * (5 << 20)
    work.refused(work.directory(layout), 1, "index.json")
    # Indexes, one in another, as long as somebody likes.
    layout = Layout()
    descriptor = layout.image([tar(GOOD)], [""])
    for depth in range(5):
        assert depth or work.make(work.directory(layout.index(descriptor)))[2]
        descriptor = layout.blob(json.dumps({"manifests": [descriptor]}).encode(),
                                 OCI + "index.v1+json")
    work.refused(work.directory(layout.index(descriptor)), 1, "indexes, one in another")


def hostile(work):
    def layer(members, words, code=1):
        work.refused(work.directory(one_layer(members)), code, words)

    layer([{"type": "file", "path": "../x"}], 'with ".."')
    layer([{"type": "file", "path": "a/../../x"}], 'with ".."')
    layer([{"type": "file", "path": "a"}, {"type": "hard", "path": "b", "target": "../a"}],
          'with ".."')
    layer([{"type": "hard", "path": "b", "target": "nowhere"}], "a hard link to what is no file")
    layer([{"type": "dir", "path": "d"}, {"type": "hard", "path": "b", "target": "d"}],
          "a hard link to what is no file")
    layer([{"type": "file", "path": "a"}, {"type": "file", "path": "a/b"}], "no directory")
    layer([{"type": "link", "path": "a", "target": "b"}, {"type": "link", "path": "b", "target": "a"},
           {"type": "file", "path": "a/x"}], "loop of symbolic links")
    layer([{"type": "file", "path": ".wh."}], "whiteout of no name")
    layer([{"type": "file", "path": "a/.wh..."}], "whiteout of no name")
    layer([{"type": "file", "path": "."}], "root is no directory")
    layer([{"type": "file", "path": "x" * 256}], "than 255")
    layer([{"type": "file", "path": "/".join(["d"] * 1100)}], "too deep")
    layer([{"type": "file", "path": "/".join(["d" * 200] * 30)}], "longer than 4096")
    # Links that lead up and away lead to the root.
    got = work.make(work.directory(one_layer([
        {"type": "link", "path": "up", "target": "../../../etc"},
        {"type": "file", "path": "up/passwd", "data": b"1"},
        {"type": "file", "path": "//abs", "data": b"2"},
        {"type": "file", "path": "gone/.wh.nothing"}, {"type": "file", "path": ".wh.nothing"}])))
    assert set(got[2] or ()) == {"/etc/passwd", "/abs"}, got
    # The same name twice: the last.
    got = work.make(work.directory(one_layer([{"type": "file", "path": "a", "data": b"1"},
                                              {"type": "file", "path": "./a", "data": b"2"}])))
    assert got[2] == {"/a": sha256(b"2")}, got


def lengths(work):
    """Sizes that the data does not back, and data that grows without end."""
    def header(size, kind=b"0"):
        info = tarfile.TarInfo("big")
        info.size = size
        info.type = kind
        return info.tobuf(tarfile.GNU_FORMAT)

    for size in (1 << 30, 1 << 62):
        layout = Layout()
        t = header(size) + b"x" * 1024
        work.refused(work.directory(layout.index(layout.image([t], [""]))), 1, "runcated")
        data = header(size).replace(b"big\0", b"index.json\0"[:4]) + b"x" * 1024
        assert work.make(work.put(data))[0] in (1, 2)
    # A thousand to one, and the limit holds; with room, it is a file as any other.
    bomb = tar([{"type": "file", "path": "zeros", "data": bytes(20 << 20)}])
    for pack in ("+gzip", "+zstd"):
        layout = Layout()
        layout.index(layout.image([bomb], [pack]))
        work.refused(work.directory(layout), 1, "larger than allowed", "--max-size", "10000000")
        work.refused(work.put(layout.archive()), 1, "larger than allowed", "--max-size", "10000000")
        assert work.make(work.directory(layout), "--max-size", "40000000")[2]
    work.refused(work.put(gzip.compress(bomb)), 1, "larger than allowed", "--max-size", "10000000")
    # Holes count as what they are.
    sparse = io.BytesIO()
    with tempfile.NamedTemporaryFile() as f:
        f.truncate(50 << 20)
        f.flush()
        subprocess.run(["tar", "-C", os.path.dirname(f.name), "--sparse", "--format=gnu", "-cf",
                        work.path + "/sparse.tar", os.path.basename(f.name)], check=True)
        with open(work.path + "/sparse.tar", "rb") as done:
            sparse = done.read()
        path = "/" + os.path.basename(f.name)
    layout = Layout()
    layout.index(layout.image([sparse], [""]))
    work.refused(work.directory(layout), 1, "larger than allowed", "--max-size", "10000000")
    assert work.make(work.directory(layout))[2] == {path: sha256(bytes(50 << 20))}


def not_archives(work):
    work.refused(work.path + "/nowhere", 2, "No such file")
    work.refused("/dev/null", 2, "neither a directory nor a file")
    work.refused(work.put(b""), 1, "image.tar: ")
    work.refused(work.put(b"text " * 1000), 1, "image.tar: ")
    good = docker([tar(GOOD)], random.Random(1), False)
    whole, refused = work.make(work.put(good))[2], 0
    for cut in range(0, len(good), 177):
        code, words, got = work.make(work.put(good[:cut]))
        assert code or got == whole, (cut, words, got)
        refused += code != 0
    assert whole and refused > 10, refused
    # What is no file in a layout leads elsewhere.
    path = work.directory(one_layer(GOOD))
    os.rename(path + "/index.json", work.path + "/index.json")
    os.symlink("../index.json", path + "/index.json")
    work.refused(path, 2, "index.json: ")
    os.unlink(path + "/index.json")
    os.mkfifo(path + "/index.json")
    work.refused(path, 2, "index.json: ")


def interop(work):
    """What skopeo and umoci write, and what umoci unpacks."""
    if not shutil.which("skopeo") or not shutil.which("umoci"):
        return "skopeo and umoci are not there"
    layout = Layout()
    tars = [tar([{"type": "file", "path": "usr/lib/a", "data": b"A"},
                 {"type": "link", "path": "lib", "target": "usr/lib"},
                 {"type": "dir", "path": "opq"}, {"type": "file", "path": "opq/old", "data": b"o"},
                 {"type": "file", "path": "bin/gone", "data": b"g"}]),
            tar([{"type": "file", "path": "lib/b", "data": b"B"}, {"type": "file", "path": "bin/.wh.gone"},
                 {"type": "dir", "path": "opq"}, {"type": "file", "path": "opq/.wh..wh..opq"},
                 {"type": "file", "path": "opq/new", "data": b"n"},
                 {"type": "hard", "path": "usr/lib/c", "target": "usr/lib/a"}])]
    layout.index(layout.image(tars, ["+gzip", "+gzip"], ref="t"))
    path = work.directory(layout)
    call = lambda *args: subprocess.run(args, check=True, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT)
    call("umoci", "unpack", "--rootless", "--image", path + ":t", work.path + "/bundle")
    done = subprocess.run([IMANS, "policy", "make", "--match", "*", "--rootfs",
                           work.path + "/bundle/rootfs", "-o", work.out],
                          stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0
    with open(work.out, encoding="utf-8") as f:
        wanted = {p: d[0] for p, d in json.load(f)["files"].items()}
    assert set(wanted) == {"/usr/lib/a", "/usr/lib/b", "/usr/lib/c", "/opq/new"}, wanted
    assert work.make(path)[2] == wanted
    for kind in ("oci-archive", "docker-archive"):
        out = f"{work.path}/{kind}.tar"
        call("skopeo", "--insecure-policy", "copy", f"oci:{path}:t", f"{kind}:{out}:t:1")
        got = work.make(out)
        assert got[2] == wanted, (kind, got)
    return None


def run(plan):
    """Tests by name, each in a directory of its own; the exit status."""
    failed = 0
    print("TAP version 13")
    for n, (name, test) in enumerate(plan, 1):
        with tempfile.TemporaryDirectory() as path:
            try:
                skipped = test(Work(path))
                print(f"ok {n} - {name}" + (f" # SKIP {skipped}" if skipped else ""))
            except Exception as error:  # pylint: disable=broad-except
                failed = 1
                print(f"not ok {n} - {name}")
                for line in f"{type(error).__name__}: {error}".splitlines():
                    print("# " + line[:500])
        sys.stdout.flush()
    print(f"1..{len(plan)}")
    return failed


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1200
    seed = sys.argv[2] if len(sys.argv) > 2 else "1"
    plan = [("random layers, against another implementation",
             lambda work: differential(work, count, seed)),
            ("names are bytes", names), ("platforms and names", platforms),
            ("damaged blobs", damaged), ("documents", documents), ("hostile layers", hostile),
            ("lengths, bombs and holes", lengths), ("what is no archive", not_archives),
            ("skopeo and umoci", interop)]
    return run(plan)


if __name__ == "__main__":
    sys.exit(main())
