#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In the guest: the tutorial's program does what the tutorial says. Prints TAP.
ns=/sys/kernel/security/integrity/ima/ns
example=/suite/ima-namespaces-example
n=0

check() {
	n=$((n + 1))
	what=$1
	shift
	if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}

says() { [ "$(cat "$1")" = "$2" ]; }
first() { head -n 1 "$1" | grep -q "$2"; }
last() { tail -n 1 "$1" | grep -q "$2"; }
once() { [ "$(grep -c "$2" "$1")" = 1 ]; }

# A namespace's last process has said who it is: its id.
inside() { grep -Eqx '[1-9][0-9]*' "$1"; }

echo "TAP version 13"
out=$(mktemp -d)
cd "$out" || exit 1

$example tutorial /bin/busybox true > list 2> error
check "a new namespace's program ends well" [ $? = 0 ]
cp list "${IMA_NS_EXPORT:-/tmp}"
check "its list begins with CREATE" first list ' ima-buf sha256:[0-9a-f]* ima-ns/create '
check "has the program" once list ' ima-ns sha256:[0-9a-f]* /bin/busybox [0-9a-f]* tutorial$'
check "and ends with DESTROY" last list ' ima-buf sha256:[0-9a-f]* ima-ns/destroy '

$example status /bin/busybox false > list
check "it ends as its program does" [ $? = 1 ]

$example -u moved /bin/busybox cat $ns/self > self
check "a process moves into a namespace" inside self
check "this script has not" says $ns/self 0

$example -u home /bin/busybox sleep 60 &
while ! [ "$(cat /proc/$!/comm)" = busybox ] && kill -0 $!; do :; done 2> /dev/null
$example -p $! /bin/busybox cat $ns/self > self
check "another one joins it" inside self
check "which is where the first one is" grep -q '^label: home$' "$ns/$(cat self)/status"
kill $!

$example "no label" /bin/busybox true > list 2> error
check "a bad label is refused" [ $? = 2 ]
check "by the write that sets it" grep -q '/label: Invalid argument$' error
echo "1..$n"
