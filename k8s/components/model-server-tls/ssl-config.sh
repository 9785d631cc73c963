#!/bin/bash
# TensorFlow Serving reads certificates from within its configuration file, and requires callers to have one from the
# same issuer.
set -eu
CERTIFICATES="${CERTIFICATES:-/certificates}"
TARGET="${TARGET:-/ssl/ssl.config}"

quoted() {
  awk '{ printf "%s\\n", $0 }' "$CERTIFICATES/$1"
}

umask 077
{
  echo "server_key: \"$(quoted tls.key)\""
  echo "server_cert: \"$(quoted tls.crt)\""
  echo "custom_ca: \"$(quoted ca.crt)\""
  echo "client_verify: true"
} > "$TARGET"
