#!/bin/bash
# TensorFlow Serving wants certificates inside of its configuration, and requires callers to have one of the same issuer.
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
