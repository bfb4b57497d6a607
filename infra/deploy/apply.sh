#!/bin/sh
# Applies exactly the plan that plan.sh kept. Terraform refuses it if anything was applied since.
set -eu

terraform -chdir=infra/gcp apply -input=false -lock-timeout=10m ../../build/release.tfplan
