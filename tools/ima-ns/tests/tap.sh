# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
#
# What the command's tests share. $dir is theirs, $n counts.

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

