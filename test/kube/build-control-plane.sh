#!/usr/bin/env bash
# Builds what the tests of the chart run it against, from Go's module proxy: kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, helm, and kwok, which
# plays nodes. Some 15 CPU-minutes the first time. Needs go.
#   test/kube/build-control-plane.sh [FOLDER]       by default where the tests look for it
set -euo pipefail
out=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/segue/kube}
mkdir -p "$out"
out=$(cd "$out" && pwd)
version=v1.36.3
kwok=v0.7.0
helm=v4.0.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=0 GOTOOLCHAIN=auto
cd "$work"
GOFLAGS=-mod=mod go mod download "k8s.io/kubernetes@$version"
source="$(go env GOMODCACHE)/k8s.io/kubernetes@$version"
# Its own replacements point into its source tree; the same modules are published one by one.
sed -e 's#^module .*#module local/kube#' \
  -e "s#=> ./staging/src/\(k8s.io/[a-z-]*\)#=> \1 v0.${version#v1.}#" "$source/go.mod" >go.mod
cp "$source/go.sum" go.sum
chmod +w go.mod go.sum
go mod edit -require="k8s.io/kubernetes@$version"
at=k8s.io/component-base/version
flags="-s -w -X $at.gitVersion=$version -X $at.gitMajor=1 -X $at.gitMinor=${version:3:2}"
for program in kube-apiserver kube-controller-manager kube-scheduler kubectl; do
  [[ -x $out/$program ]] ||
    GOFLAGS="-mod=mod -buildvcs=false" go build -trimpath -ldflags "$flags" -o "$out/$program" "k8s.io/kubernetes/cmd/$program"
done
install() {
  [[ -x $out/$1 ]] || GOBIN=$out GOFLAGS=-buildvcs=false go install -trimpath -ldflags '-s -w' "$2"
}
install kwok "sigs.k8s.io/kwok/cmd/kwok@$kwok"
install helm "helm.sh/helm/v4/cmd/helm@$helm"
