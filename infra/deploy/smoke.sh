#!/usr/bin/env bash
# Sends a video through the candidates, as the smoke test's owner, whose events reach no other revision.
set -euo pipefail

: "${PROJECT:?}" "${REGION:?}"

# Behind a load balancer the API has no other way in, and the candidate is a host there.
url="${CANDIDATE_URL:-$(python3 -m infra.deploy.release url)}"

AUTOMATIONS_PLATFORM=google AUTOMATIONS_PROJECT="$PROJECT" .venv/bin/python -m infra.deploy.smoke "$url"
