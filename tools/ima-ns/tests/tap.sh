# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of the command share; to be sourced, with $here set to this
# directory. $dir is a directory that is removed at the end, $imans the command.
# shellcheck shell=bash disable=SC2034,SC2154

build=${O:-$here/../../../build}
imans=$build/bin/ima-ns
dir=$(mktemp -d)
n=0
swtpm_pids=

finish() {
	# shellcheck disable=SC2086
	[ -z "$swtpm_pids" ] || kill $swtpm_pids
	rm -rf "$dir"
}
trap finish EXIT

ok() {
	n=$((n + 1))
	if "${@:2}" > "$dir/log" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$dir/log"
	fi
}

# status WANTED COMMAND...: its exit code.
status() {
	local got=0

	"${@:2}" || got=$?
	[ "$got" = "$1" ] || { echo "exit code $got, not $1"; return 1; }
}

# says STATUS WORDS COMMAND...: exit code, and words on the one line of stderr.
says() {
	local got=0

	"${@:3}" 2> "$dir/said" > "$dir/out" || got=$?
	cat "$dir/said"
	[ "$got" = "$1" ] && grep -q -- "$2" "$dir/said" && [ "$(wc -l < "$dir/said")" = 1 ]
}

# A value of the last command's JSON, by a Python expression on j.
json() {
	python3 -c 'import json, sys
j = json.load(open(sys.argv[1]))
got = eval(sys.argv[2])
print(sys.argv[2], "=", got)
sys.exit(str(got) != sys.argv[3])' "$dir/json" "$1" "$2"
}

free_port() {
	python3 -c 'import socket
a, b = socket.socket(), None
while True:
    a = socket.socket(); a.bind(("127.0.0.1", 0)); port = a.getsockname()[1]
    b = socket.socket()
    try:
        b.bind(("127.0.0.1", port + 1)); break
    except OSError:
        continue
print(port)'
}

# start_tpm STATE: a TPM with that directory of state, reached by $TPM2TOOLS_TCTI. All
# that it is told goes to the file $swtpm_log, if that is set.
start_tpm() {
	local port

	port=$(free_port)
	mkdir -p "$1"
	# The control channel is where tpm2-tss expects it: the next port.
	swtpm socket --tpm2 --server type=tcp,port="$port" --ctrl type=tcp,port=$((port + 1)) \
		--tpmstate dir="$1" --flags startup-clear \
		${swtpm_log:+--log file="$swtpm_log",level=20} > "$1.log" 2>&1 &
	swtpm_pids="$swtpm_pids $!"
	export TPM2TOOLS_TCTI=swtpm:port=$port
	for _ in $(seq 100); do
		tpm2_readclock > "$dir/clock" 2> "$dir/log" && return
		sleep 0.1
	done
	return 1
}

clock() { awk -v name="$1:" '$1 == name { print $2 }' "$dir/clock"; }

# heads_of NONCE: what must be written to ns/heads for the nonce in that file.
heads_of() {
	{ printf 'ima-ns/v1 heads'; cat "$1"; } | sha256sum | cut -d' ' -f1
}

# fake_node's further arguments: what the TPM was not yet extended with, it is now.
extend_node() {
	local done=0

	[ ! -e "$dir/extends" ] || done=$(wc -l < "$dir/extends")
	"$build/tools/ima-ns/tests/fake_node" "$dir/node" "$(clock reset_count)" \
		"$(clock restart_count)" "$@" > "$dir/extends" || return
	tail -n +$((done + 1)) "$dir/extends" > "$dir/new-extends"
	while read -r extend; do
		tpm2_pcrextend "$extend" || return
	done < "$dir/new-extends"
}

# What securityfs would show, and the TPM as the kernel would leave it. The argument
# is boot_aggregate, if it is to be that of the TPM's PCRs.
make_node() {
	mkdir "$dir/node"
	head -c 32 /dev/urandom > "$dir/nonce"
	extend_node "$(heads_of "$dir/nonce")" "${1:-}"
}

# attest --heads would have put them there: add_leaves EVIDENCE OUT.
add_leaves() {
	python3 - "$1" "$dir/node/leaves" "$2" <<- 'END'
		import struct, sys
		evidence, leaves = (open(p, "rb").read() for p in sys.argv[1:3])
		assert 0xa0 <= evidence[0] < 0xb7
		open(sys.argv[3], "wb").write(bytes([evidence[0] + 1]) + evidence[1:] +
		    b"\x66leaves\x59" + struct.pack(">H", len(leaves)) + leaves)
	END
}
