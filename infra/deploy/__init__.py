"""What cloudbuild.yaml's steps run: build, scan, plan, apply, smoke test, shift traffic, and back."""
