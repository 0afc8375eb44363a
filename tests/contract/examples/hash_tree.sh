#!/usr/bin/env bash
# examples/hash_tree: sha256sum accepts what it prints, every file is there, a file that cannot be read is named, and the
# summary counts them.
#
#   hash_tree.sh PROGRAM
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# So that the user `nobody`, as whom the program runs below, can reach it.
chmod 755 "$folder"
cp "$1" "$folder/hash_tree"
cd "$folder"

fail() {
  printf '%s\n' "$@"
  exit 1
}

mkdir -p tree/deep/deeper tree/empty
: >tree/empty_file
printf 'text\n' | tee tree/.hidden 'tree/with  spaces ' tree/-n tree/deep/deeper/file tree/ä 'tree/back\slash' tree/$'new\nline' >/dev/null
head -c 3000001 /dev/urandom >tree/large
mkfifo tree/no_file

# expect_complete OUTPUT FILES
expect_complete() {
  sha256sum --check --strict --quiet "$1" || fail "sha256sum does not accept this:" "$(cat "$1")"
  [ "$(wc -l <"$1")" = "$2" ] || fail "There should be $2 lines:" "$(cat "$1")"
}

# expect_summary FAILURES
expect_summary() {
  tail -1 errors | grep -qE "^9 files, 3\.0 MB in [0-9.]+ s: [0-9.]+ MB/s, 64 files at a time, $1$" ||
    fail "The summary should have 9 files, 3.0 MB and $1:" "$(cat errors)"
}

./hash_tree tree >sums 2>errors || fail "It should exit with 0; it complains:" "$(cat errors)"
expect_complete sums 9
expect_summary '0 failures'

# Root can read everything.
as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod 000 tree/deep/deeper/file
status=0
"${as_nobody[@]}" ./hash_tree tree >sums 2>errors || status=$?
[ $status = 1 ] || fail "With a file that cannot be read it should exit with 1, not $status; it complains:" "$(cat errors)"
grep -q 'tree/deep/deeper/file' errors || fail "The file that cannot be read should be named:" "$(cat errors)"
expect_complete sums 8
expect_summary '1 failure'
