#!/usr/bin/env bash
# Runs the tests of the driver ipvs on a kernel that has IPVS: Debian's, in a virtual machine by software emulation, as
# the machine's own kernel often has none. As root on Debian bookworm. Arguments are for Node.js's test runner.
#
#   test/machine/ipvs-kernel.sh --test-name-pattern='real connections'
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kindgate/ipvs-kernel
log() { echo "ipvs-kernel: $*" >&2; }

work=$(mktemp -d /tmp/kgtest-ipvs-kernel.XXXXXX)
trap 'rm -rf "$work"' EXIT

# Debian's kernel and programs, unpacked and not installed: nothing of them concerns this machine.
if [[ ! -e $cache/complete ]]; then
  log 'fetching the kernel and the programs'
  apt-get update -qq
  command -v qemu-system-x86_64 >/dev/null || apt-get install -qq -y --no-install-recommends qemu-system-x86 >/dev/null
  kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '$1 == "Depends:" { print $2; exit }')
  rm -rf "$cache"
  mkdir -p "$cache/packages" "$cache/root"
  (cd "$cache/packages" && apt-get -qq -o APT::Sandbox::User=root download \
    "$kernel" busybox-static ipvsadm iproute2 libnl-3-200 libnl-genl-3-200 libpopt0 libbpf1 libelf1 libmnl0 libcap2 libbsd0 libmd0)
  for package in "$cache"/packages/*.deb; do dpkg-deb -x "$package" "$cache/root"; done
  rm -r "$cache/packages"
  touch "$cache/complete"
fi
from=$cache/root
busybox=$from/bin/busybox
release=$(basename "$from"/lib/modules/*)

log "packing Linux $release and the tests"
to=$work/root
mkdir -p "$to"/{bin,sbin,proc,sys,dev,tmp,run,lib,lib64,"lib/modules/$release"}
cp "$busybox" "$to/bin/"
cp -L "$from/sbin/ipvsadm" "$from/bin/ip" "$to/sbin/"
cp node_modules/node/bin/node /usr/bin/nsenter "$to/bin/"
libraries=$from/lib/x86_64-linux-gnu:$from/usr/lib/x86_64-linux-gnu
for program in "$to"/sbin/{ipvsadm,ip} "$to"/bin/{node,nsenter}; do LD_LIBRARY_PATH=$libraries ldd "$program"; done |
  grep -o '/[^ ]*' | sort -u | xargs cp -Lt "$to/lib/"
cp -L /lib64/ld-linux-x86-64.so.2 "$to/lib64/"
cp "$from/lib/modules/$release"/modules.{order,builtin} "$to/lib/modules/$release/"
(
  cd "$from/lib/modules/$release"
  cp -r --parents kernel/{net/netfilter,net/bridge,net/llc,net/802,lib,crypto} kernel/net/ipv{4,6}/netfilter \
    kernel/drivers/net/{veth,dummy}.ko "$to/lib/modules/$release/"
)
"$busybox" depmod -b "$to" "$release"
mkdir -p "$to/project"
cp -r --parents package.json src test/drivers/ipvs test/support node_modules/@sinclair "$to/project/"
printf '%q ' "$@" test/drivers/ipvs/contract.test.ts >"$to/arguments"
cat >"$to/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin 2>/dev/null
rm /bin/ip
export PATH=/sbin:/bin HOME=/tmp KGTEST_IPVS=required
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
ln -s /bin/modprobe /sbin/modprobe
/sbin/ip link set lo up
cd /project
eval "node --test --test-isolation=none --test-reporter=spec --test-timeout=300000 $(cat /arguments)"
echo "ipvs-kernel: the tests ended with $?"
poweroff -f
INIT
chmod +x "$to/init"
(cd "$to" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$work/initrd"

log 'starting it'
timeout 900 qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m 1536 -nographic -nic none -no-reboot \
  -kernel "$from/boot/vmlinuz-$release" -initrd "$work/initrd" \
  -append 'console=ttyS0 quiet no_timer_check panic=-1 rdinit=/init' </dev/null | sed -u 's/\r//' | tee "$work/output"
grep -q '^ipvs-kernel: the tests ended with 0$' "$work/output"
