#!/bin/sh -e
# make-goldens.sh [-o DIR]: what `go tool pprof` says of the profiles here.
#
# Without -o the goldens beside this script are written anew; with it they go
# to DIR, for a comparison (tests/integration/pprof.py makes it). The pprof is
# PPROF, if set, or built with GO (`go` if unset): `go tool` 500 times would
# take nine times the CPU.
here=$(cd "$(dirname "$0")" && pwd)
out=$here hostile=$here/../hostile verdicts=$here/../hostile/verdicts
if [ "$1" = -o ]; then
	out=$2 verdicts=$2/verdicts
fi
pprof=$PPROF
if [ -z "$pprof" ]; then
	built=$(mktemp -d)
	trap 'rm -rf "$built"' EXIT
	pprof=$built/pprof
	"${GO:-go}" build -o "$pprof" cmd/pprof
fi

top() { # FILE OPTION...
	file=$1
	shift
	echo "\$ $*"
	"$pprof" -top "$@" "$file" 2>/dev/null |
		sed -n '/^Showing nodes/,$p'
}

for file in "$here"/*.pb.gz "$hostile"/names.pb.gz; do
	name=${file##*/}
	for type in alloc_objects alloc_space inuse_objects inuse_space; do
		type=-sample_index=$type
		top "$file" $type
		top "$file" $type -cum -nodecount=15
		top "$file" $type -nodecount=8 '-focus=(?i)HTTP|json|main\.\w+'
	done >"$out/${name%.pb.gz}.top"
done

mkdir -p "$out/kinds"
for file in "$here"/kinds/*.pb.gz; do
	name=${file##*/}
	for type in 0 1 2 3; do
		type=-sample_index=$type
		"$pprof" -top $type "$file" >/dev/null 2>&1 || continue
		top "$file" $type
		top "$file" $type -cum -nodecount=5
		top "$file" $type '-focus=(?i)do|main\.\w+'
	done >"$out/kinds/${name%.pb.gz}.top"
done

for file in "$hostile"/*.pb*; do
	if "$pprof" -top "$file" >/dev/null 2>&1; then
		echo "${file##*/} accepted"
	else
		echo "${file##*/} refused"
	fi
done >"$verdicts"
