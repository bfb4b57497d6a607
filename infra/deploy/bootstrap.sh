#!/usr/bin/env bash
# Makes what a project needs before its first build: APIs, the bucket of Terraform's state, the accounts that build, and,
# by a build, the image repository and the secrets. For somebody who owns the project. Can be run again.
set -euo pipefail

if (($# != 3)); then
  echo "Usage: infra/deploy/bootstrap.sh PROJECT REGION ENVIRONMENT" >&2
  exit 2
fi
project="$1" region="$2" environment="$3"
cd "$(dirname "$0")/../.."
if [[ ! -f "infra/gcp/environments/$environment.tfvars" ]]; then
  echo "There is no infra/gcp/environments/$environment.tfvars." >&2
  exit 2
fi
state="gs://$project-terraform"

# What builds use; every other API is enabled by Terraform.
gcloud services enable --project="$project" \
  artifactregistry.googleapis.com cloudbuild.googleapis.com cloudresourcemanager.googleapis.com \
  containeranalysis.googleapis.com containerscanning.googleapis.com iam.googleapis.com \
  ondemandscanning.googleapis.com secretmanager.googleapis.com serviceusage.googleapis.com storage.googleapis.com

# What a project is made for stays: environment.sh refuses to deploy it as anything else.
made_for=$(gcloud storage buckets describe "$state" --format='value(labels.environment)' 2>/dev/null || true)
if [[ -n "$made_for" && "$made_for" != "$environment" ]]; then
  echo "$project is $made_for, and not $environment." >&2
  exit 1
fi

# Every version of the state is kept, so that one that was damaged can be put back.
gcloud storage buckets describe "$state" --project="$project" --format='value(name)' 2>/dev/null ||
  gcloud storage buckets create "$state" --project="$project" --location="$region" --uniform-bucket-level-access
gcloud storage buckets update "$state" --project="$project" --public-access-prevention --versioning \
  --update-labels="environment=$environment"

account() {
  gcloud iam service-accounts describe "$1@$project.iam.gserviceaccount.com" --project="$project" \
    --format='value(email)' 2>/dev/null ||
    gcloud iam service-accounts create "$1" --project="$project" --display-name="$2"
}

grant() { # account, role
  gcloud projects add-iam-policy-binding "$project" --condition=None --format='value(etag)' \
    --member="serviceAccount:$1@$project.iam.gserviceaccount.com" --role="$2"
}

# Deploys. It makes every resource and gives every right here, so it could give itself any: let it build main only.
account deployer "Automations: builds and deploys"
for role in artifactregistry.admin cloudscheduler.admin cloudkms.admin compute.loadBalancerAdmin \
  compute.securityAdmin containeranalysis.admin datastore.owner iam.roleAdmin iam.serviceAccountAdmin \
  iam.serviceAccountUser logging.admin monitoring.admin ondemandscanning.admin pubsub.admin \
  resourcemanager.projectIamAdmin run.admin secretmanager.admin serviceusage.serviceUsageAdmin storage.admin; do
  grant deployer "roles/$role"
done

# Builds and plans what pull requests propose, and can change nothing but push images: their authors decide what its
# builds run.
account planner "Automations: plans pull requests"
for role in artifactregistry.writer iam.securityReviewer logging.logWriter ondemandscanning.admin viewer; do
  grant planner "roles/$role"
done
for role in storage.objectViewer storage.legacyBucketReader; do # the state, and the bucket's label
  gcloud storage buckets add-iam-policy-binding "$state" --role="roles/$role" \
    --member="serviceAccount:planner@$project.iam.gserviceaccount.com" --format='value(etag)'
done

# Pub/Sub's own account signs the tokens of pushes, and is there only once somebody asks for it.
gcloud beta services identity create --project="$project" --service=pubsub.googleapis.com

# Of Cloud Logging, where the log goes, only the beta command shows it.
gcloud beta builds submit . --project="$project" --region="$region" --config=infra/cloudbuild.foundation.yaml \
  --substitutions="_REGION=$region,_ENVIRONMENT=$environment"
