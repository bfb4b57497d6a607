#!/usr/bin/env bash
# Sends a video through the candidates, as the smoke test's owner, whose events reach no other revision.
set -euo pipefail

: "${PROJECT:?}"

AUTOMATIONS_PLATFORM=google AUTOMATIONS_PROJECT="$PROJECT" \
  .venv/bin/python -m infra.deploy.smoke "$(cat build/candidate_url)"
