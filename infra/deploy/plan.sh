#!/bin/sh
# Plans the deployment of the images that were built, and keeps the plan: what is applied is what was shown here.
# For the shell of Terraform's own image, which is not bash.
set -eu

: "${PROJECT:?}" "${REGION:?}" "${ENVIRONMENT:?}" "${COMMIT:?name the commit: COMMIT_SHA=...}"

terraform fmt -check -recursive infra/gcp
terraform -chdir=infra/gcp init -input=false -backend-config="bucket=$PROJECT-terraform"
terraform -chdir=infra/gcp validate
# Without the state's lock, which whoever plans a pull request may not take. A plan that another apply overtook is
# refused by apply.
terraform -chdir=infra/gcp plan -input=false -lock=false \
  -var-file="environments/$ENVIRONMENT.tfvars" -var-file=../../build/images.auto.tfvars.json \
  -var="project=$PROJECT" -var="region=$REGION" -var="release=$COMMIT" \
  -out=../../build/release.tfplan
