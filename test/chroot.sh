#!/usr/bin/env bash
# Proves the README's two commands on a machine with nothing but Node 20 and npm: a fresh Debian made with
# debootstrap, this machine's Node 20 and npm copied in, a clean clone, `npm ci && npm start` and `npm ci && npm test`.
# Run as root: test/chroot.sh [FOLDER]. Environment: MIRROR (Debian mirror; default from this machine's apt sources).
set -euo pipefail
cd "$(dirname "$0")/.."
place="${1:-$(mktemp -d /tmp/muster-chroot-XXXXXX)}"
mirror="${MIRROR:-$(sed -nE 's/^(deb|URIs:) +(\[[^]]*\] +)?([^ ]+).*/\3/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v security | head -n 1 || true)}"
node="$(PATH="${PATH//$PWD\/node_modules\/.bin:/}" command -v node)"
modules="$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")"

if [ ! -x "$place/bin/sh" ]; then
  debootstrap --variant=minbase --include=ca-certificates,git bookworm "$place" "$mirror" >"$place.log" 2>&1 ||
    { tail -n 20 "$place.log"; exit 1; }
fi
install -D "$node" "$place/usr/local/bin/node"
for library in $(ldd "$node" | grep -oE '/[^ ]+'); do install -D "$library" "$place$library"; done
mkdir -p "$place/usr/local/lib/node_modules"
rm -rf "$place/usr/local/lib/node_modules/npm"
cp -rL "$modules" "$place/usr/local/lib/node_modules/npm"
ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$place/usr/local/bin/npm"
ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$place/usr/local/bin/npx"
cp /etc/resolv.conf "$place/etc/resolv.conf"
# npm in there asks the registry that npm out here asks, and trusts what it trusts
registry="$(npm config get registry 2>/dev/null)"
authorities="$(npm config get cafile 2>/dev/null)"
[ "$authorities" = null ] || install -D "$authorities" "$place$authorities"
rm -rf "$place/root/muster"
git clone -q . "$place/root/muster"
for mount in proc dev; do mountpoint -q "$place/$mount" || mount --bind "/$mount" "$place/$mount"; done
trap 'umount -l "$place/proc" "$place/dev"' EXIT

inside() {
  chroot "$place" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
    npm_config_registry="$registry" npm_config_update_notifier=false \
    $([ "$authorities" = null ] || echo npm_config_cafile="$authorities") \
    ${https_proxy:+https_proxy="$https_proxy"} ${http_proxy:+http_proxy="$http_proxy"} \
    sh -c "cd /root/muster && $1"
}
echo "In the chroot: node $(inside 'node -v'), npm $(inside 'npm -v')"
start=$(date +%s%N)
inside 'npm ci --no-audit --no-fund' 2>&1 | tail -n 1
installed=$(date +%s%N)
inside '(npm start -- --data /tmp/muster-data & echo $! >/tmp/start.pid) >/tmp/start.log 2>&1; for i in $(seq 150); do grep -q "Muster console" /tmp/start.log && break; sleep 0.1; done; cat /tmp/start.log; grep -q "Muster console" /tmp/start.log'
ready=$(date +%s%N)
echo "npm ci: $(((installed - start) / 1000000)) ms; npm start until its link: $(((ready - installed) / 1000000)) ms (target < 15000)"
inside 'kill $(sed -nE "s/.*\"pid\": ([0-9]+).*/\1/p" /tmp/muster-data/run.json)'
inside 'npm test' | tail -n 12
