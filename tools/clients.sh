#!/usr/bin/env bash
#
# Installs the real client programs that the end-to-end tests drive.
#
#   bash tools/clients.sh              the default set, see below
#   bash tools/clients.sh crane regctl only these
#
# Programs written in Go are built from their released module at a pinned version, checksums
# verified, into a cache folder outside the clone: $NCR_CLIENTS, or ~/.cache/ncr-clients.
# The cache is keyed by name and version (crane-0.22.1/crane), so only the first run pays.
# The container engine, skopeo and curl come from Debian packages, when they are missing and we are root.
#
# One line is printed per program; the last line is the folder to put at the front of PATH.

set -euo pipefail

readonly DEFAULT_NAMES=(crane oras helm3 helm4 docker skopeo curl strace versitygw)
readonly ALL_NAMES=("${DEFAULT_NAMES[@]}" regctl registry nats-server minio)

# get NAME: how each program is had. The version call at the end of a line proves that it runs.
get() {
  case $1 in
    crane) go_install crane 0.22.1 github.com/google/go-containerregistry/cmd/crane version ;;
    oras) go_build oras 1.3.3 oras.land/oras ./cmd/oras version ;;
    helm3) go_install helm3 3.22.0 helm.sh/helm/v3/cmd/helm version --short ;;
    helm4) go_install helm4 4.3.1 helm.sh/helm/v4/cmd/helm version --short ;;
    regctl) go_install regctl 0.11.7 github.com/regclient/regclient/cmd/regctl version ;;
    registry) go_install registry 3.1.2 github.com/distribution/distribution/v3/cmd/registry --version ;;
    nats-server) go_install nats-server 2.15.2 github.com/nats-io/nats-server/v2 --version ;;
    versitygw) go_install versitygw 1.8.0 github.com/versity/versitygw/cmd/versitygw --version ;;
    # The last commit before the project was closed; it has no released version that Go knows.
    minio) go_install minio 0.0.0-20260212201848-7aac2a2c5b7c github.com/minio/minio --version ;;
    # docker.io brings the engine, containerd, runc and iptables with it.
    docker) debian docker.io docker dockerd containerd runc ;;
    skopeo) debian skopeo skopeo ;;
    curl) debian curl curl ;;
    strace) debian strace strace ;;
    *) fail "there is no program called '$1'; known are: ${ALL_NAMES[*]}" ;;
  esac
}

fail() {
  echo "clients.sh: $*" >&2
  exit 1
}

# quietly NAME COMMAND…: runs a step of getting NAME; its output is shown only when it fails.
quietly() {
  local name=$1
  shift
  if ! "$@" >"$work/log" 2>&1; then
    tail -n 40 "$work/log" >&2
    fail "$name could not be had: '$*' failed, its last lines are above"
  fi
}

# go_install NAME VERSION PACKAGE VERSION-CALL…: for modules that `go install` accepts.
go_install() {
  local name=$1 version=$2 package=$3
  shift 3
  if ! cached "$name" "$version" "$@"; then
    need_go "$name"
    quietly "$name" env -C "$work" GOBIN="$work/out" CGO_ENABLED=0 \
      go install -trimpath -ldflags='-s -w' "$package@v$version"
    store "$name" "$version" "$@"
  fi
}

# go_build NAME VERSION MODULE SUBPACKAGE VERSION-CALL…: for modules that `go install` refuses,
# because their go.mod has exclude or replace lines. A copy of the module is built instead: the
# module cache itself is read-only.
go_build() {
  local name=$1 version=$2 module=$3 subpackage=$4 source
  shift 4
  if ! cached "$name" "$version" "$@"; then
    need_go "$name"
    quietly "$name" env -C "$work" go mod download -json "$module@v$version"
    source=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p' "$work/log")
    [[ -d $source ]] || fail "$name could not be had: no source folder of $module v$version"
    cp -R "$source" "$work/source"
    chmod -R u+w "$work/source"
    quietly "$name" env -C "$work/source" GOWORK=off CGO_ENABLED=0 \
      go build -trimpath -ldflags='-s -w' -o "$work/out/$name" "$subpackage"
    rm -rf "$work/source"
    store "$name" "$version" "$@"
  fi
}

need_go() {
  command -v go >/dev/null || fail "$1 could not be had: it is built with Go, and there is no 'go' on PATH"
}

# cached NAME VERSION VERSION-CALL…: true when the cache has this version and it runs.
cached() {
  local name=$1 version=$2 program="$cache/$1-$2/$1" says
  shift 2
  started=$SECONDS
  says=$([[ -x $program ]] && "$program" "$@" 2>&1) || return 1
  link "$name" "$program"
  report "$name" "$version" cached "$says"
}

# store NAME VERSION VERSION-CALL…: moves the one program that was built from the work folder
# into the cache. The program is run before, and moved in one step, so that neither a broken nor
# a half-written one can ever be found there.
store() {
  local name=$1 version=$2 built=("$work/out/"*) says
  shift 2
  says=$("${built[0]}" "$@" 2>&1) || fail "$name $version was built but does not run: '$*' answered: $says"
  mkdir -p "$cache/$name-$version"
  mv -f "${built[0]}" "$cache/$name-$version/$name"
  link "$name" "$cache/$name-$version/$name"
  report "$name" "$version" "built in $((SECONDS - started)) s" "$says"
}

# debian PACKAGE PROGRAM…: the programs of a Debian package. What is installed is left as it is.
debian() {
  local package=$1 program path says done=present
  shift
  started=$SECONDS
  if ! installed "$package" && ! on_path "$@"; then
    command -v apt-get >/dev/null ||
      fail "$1 could not be had: it is not installed, and there is no apt-get to install $package with"
    [[ $EUID == 0 ]] ||
      fail "$1 could not be had: it is not installed, and only root can install the package $package"
    apt_update "$1"
    quietly "$1" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      -o DPkg::Lock::Timeout=300 "$package"
    done="installed in $((SECONDS - started)) s"
  fi
  for program; do
    path=$(path_of "$package" "$program")
    [[ -n $path ]] || fail "$program could not be had: the package $package is installed without it"
    says=$("$path" --version 2>&1) || fail "$program does not run: '$path --version' answered: $says"
    link "$program" "$path"
    report "$program" "$package" "$done" "$says"
  done
}

installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# on_path PROGRAM…: true when every one of them is there (docker without dockerd is only a client).
on_path() {
  local program
  for program; do
    command -v "$program" >/dev/null || return 1
  done
}

# path_of PACKAGE PROGRAM: a packaged program goes before another of that name on PATH, so that
# client and engine are of one version. containerd and runc are packages of their own name.
path_of() {
  local path
  path=$({ dpkg -L "$1"; dpkg -L "$2"; } 2>/dev/null | grep -E -m 1 "/s?bin/$2\$") || true
  [[ -n $path ]] || path=$(command -v "$2") || true
  echo "$path"
}

# The package lists are brought up to date once per run, and only when something is missing.
apt_update() {
  [[ -n ${updated:-} ]] || quietly "$1" apt-get update -o DPkg::Lock::Timeout=300
  updated=yes
}

# link NAME PATH: not onto itself, which is what PATH finds first when the cache is already on it.
link() {
  [[ $2 == "$cache/bin/$1" ]] || ln -sfn "$2" "$cache/bin/$1"
}

# report NAME VERSION-OR-PACKAGE WHAT-WAS-DONE OUTPUT: one line; of the output, the first one.
report() {
  local first
  first=$(sed -n '/[^[:space:]]/{s/[[:space:]]\{1,\}/ /g;p;q;}' <<<"$4")
  printf '%-12s %-10s %s: %s\n' "$1" "$2" "$3" "$first"
}

# Unknown names are refused before any time is spent.
names=("$@")
[[ $# -gt 0 ]] || names=("${DEFAULT_NAMES[@]}")
for name in "${names[@]}"; do
  [[ " ${ALL_NAMES[*]} " == *" $name "* ]] || get "$name"
done

cache=${NCR_CLIENTS:-${HOME:?is not set, and neither is NCR_CLIENTS}/.cache/ncr-clients}
mkdir -p "$cache/bin" || fail "the cache folder $cache cannot be made"
cache=$(cd "$cache" && pwd)
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

for name in "${names[@]}"; do
  get "$name"
done
echo "$cache/bin"
