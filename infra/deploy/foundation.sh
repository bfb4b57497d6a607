#!/bin/sh
# Applies what must be there before images can be pushed and functions started: the repository, and empty secrets.
# For the shell of Terraform's own image, which is not bash.
set -eu

: "${PROJECT:?}" "${REGION:?}" "${ENVIRONMENT:?}"

terraform -chdir=infra/gcp init -input=false -backend-config="bucket=$PROJECT-terraform"
echo "The provider that was taken. Committed as infra/gcp/.terraform.lock.hcl, every build takes this one:"
cat infra/gcp/.terraform.lock.hcl
terraform -chdir=infra/gcp apply -input=false -auto-approve -lock-timeout=10m \
  -var-file="environments/$ENVIRONMENT.tfvars" -var="project=$PROJECT" -var="region=$REGION" \
  -target=google_artifact_registry_repository.automations -target=google_secret_manager_secret.this
