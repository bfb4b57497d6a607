#!/usr/bin/env bash
# Submits this commit to cloudbuild.yaml, as a trigger on main would.
set -euo pipefail

project="${1:?say which: make deploy PROJECT=...}" region="$2" environment="$3"
if [[ -n "$(git status --porcelain)" ]]; then
  echo "There are changes that are in no commit; what is deployed has to be one." >&2
  exit 1
fi
PROJECT="$project" ENVIRONMENT="$environment" "$(dirname "$0")/environment.sh"
# Of Cloud Logging, where the log goes, only the beta command shows it.
gcloud beta builds submit . --project="$project" --region="$region" --config=cloudbuild.yaml \
  --substitutions="COMMIT_SHA=$(git rev-parse HEAD),_REGION=$region,_ENVIRONMENT=$environment"
