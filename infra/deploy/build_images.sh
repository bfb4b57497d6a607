#!/usr/bin/env bash
# Builds and pushes both images, tagged by commit, and writes down by digest what was pushed: build/images.auto.tfvars.json.
set -euo pipefail

: "${PROJECT:?}" "${REGION:?}" "${COMMIT:?name the commit: COMMIT_SHA=...}" "${BASE_IMAGE:?}"
repository="$REGION-docker.pkg.dev/$PROJECT/automations"

# Whatever the base was called, both images are built from the same one, and the log says which.
docker pull --quiet "$BASE_IMAGE"
base="$(docker inspect --format '{{index .RepoDigests 0}}' "$BASE_IMAGE")"
echo "Base: $base"

digest_of() {
  docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$repository/$1:$COMMIT" | grep -F "$repository/$1@"
}

for target in light media; do
  docker build --file infra/Dockerfile --target "$target" \
    --build-arg BASE="$base" --build-arg REVISION="$COMMIT" \
    --tag "$repository/$target:$COMMIT" .
  docker push --quiet "$repository/$target:$COMMIT"
done

light="$(digest_of light)"
media="$(digest_of media)"
mkdir -p build
printf '{"images": {"light": "%s", "media": "%s"}}\n' "$light" "$media" | tee build/images.auto.tfvars.json
