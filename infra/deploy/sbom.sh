#!/usr/bin/env bash
# Keeps a bill of materials (SPDX) of each image that is about to be deployed, with the image in Artifact Analysis.
# SPDX is what Google writes, Debian packages included; `make sbom` needs no Google and lists Python packages only.
set -euo pipefail

tries=0
# It is made of what the registry's own scan has found, which takes some minutes after a push.
for image in $(python3 -c 'import json; print(*json.load(open("build/images.auto.tfvars.json"))["images"].values())'); do
  until gcloud artifacts sbom export --uri="$image"; do
    ((++tries <= 10)) || exit 1
    sleep 30
  done
done
