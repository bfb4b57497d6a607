# What runs is named by digest, so no tag has to be immutable; images with immutable tags could never be cleaned up.
resource "google_artifact_registry_repository" "automations" {
  location      = var.region
  repository_id = "automations"
  format        = "DOCKER"
  description   = "The images light and media."
  kms_key_name  = var.kms_key
  labels        = local.labels

  # Cloud Run keeps its own copy of what a revision runs. These are kept for going back to.
  cleanup_policies {
    id     = "keep-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "2592000s" # 30 days
    }
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agent]
}
