#!/usr/bin/env bash
# Refuses to deploy a project as another environment than the one that it was made for: production's videos would get
# staging's retention. Which one that is, bootstrap.sh wrote on the bucket of Terraform's state.
set -euo pipefail

: "${PROJECT:?}" "${ENVIRONMENT:?}"

made_for=$(gcloud storage buckets describe "gs://$PROJECT-terraform" --format='value(labels.environment)')
if [[ "$made_for" != "$ENVIRONMENT" ]]; then
  echo "$PROJECT is ${made_for:-no environment yet (run infra/deploy/bootstrap.sh)}, and not $ENVIRONMENT." >&2
  exit 1
fi
