#!/bin/sh
# Applies exactly the plan that plan.sh kept, which Terraform refuses if anything was applied since, and notes where the
# smoke test finds what is not served yet.
set -eu

terraform -chdir=infra/gcp apply -input=false -lock-timeout=10m ../../build/release.tfplan
terraform -chdir=infra/gcp output -raw candidate_url >build/candidate_url
