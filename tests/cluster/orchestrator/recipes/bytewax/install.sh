#!/bin/sh
# Installs Bytewax into the root file system given as the first argument, in the official image's
# layout: Bytewax in /venv, which is not on PATH, and a bare Python in /usr/local/bin, which is.
set -eu
root=$1
here=$(dirname "$0")

cp "$here/requirements.txt" "$root/tmp/requirements.txt"
# The builder's own certificates and proxy settings: the network is the builder's, not the image's.
cp /etc/ssl/certs/ca-certificates.crt "$root/tmp/ca.crt"
chroot "$root" python3 -m venv /venv
chroot "$root" env PIP_CERT=/tmp/ca.crt REQUESTS_CA_BUNDLE=/tmp/ca.crt SSL_CERT_FILE=/tmp/ca.crt \
	PIP_FIND_LINKS= PIP_CONFIG_FILE=/dev/null HOME=/tmp \
	/venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check \
	--only-binary=:all: --require-hashes --requirement /tmp/requirements.txt
chroot "$root" /venv/bin/python -c 'import bytewax.run, bytewax.connectors.kafka'

for name in python python3 python3.11; do
	ln -s /usr/bin/python3.11 "$root/usr/local/bin/$name"
done
mkdir -p "$root/bytewax"
install -m 755 "$here/entrypoint.sh" "$root/bytewax/entrypoint.sh"
rm -rf "$root"/tmp/* "$root"/tmp/.[!.]* "$root"/var/cache/* "$root"/var/log/* "$root"/var/lib/apt/lists/* \
	"$root/etc/resolv.conf" "$root/etc/hostname"
