locals {
  buckets = {
    for name in ["uploads", "media"] : name => "${var.project}-${name}"
  }

  run_urls     = ["https://api-${data.google_project.this.number}.${var.region}.run.app", google_cloud_run_v2_service.function["api"].uri]
  edge_urls    = [for host in keys(local.edge_hosts) : "https://${host}"]
  api_url      = var.domain == null ? local.run_urls[0] : "https://${var.domain}"
  page_origins = distinct(concat(length(local.edge) == 0 ? local.run_urls : local.edge_urls, var.cors_origins))

  # What browsers may do at the buckets themselves, with signed URLs and upload sessions. The headers are those that a
  # page may send as well as those that it may read: how far an upload got is in Range, what a player asks for, too.
  cors = {
    uploads = {
      method = ["PUT", "POST"]
      header = ["Content-Type", "Content-Range", "Location", "Range"]
    }
    media = {
      method = ["GET", "HEAD"]
      header = ["Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "Content-Type", "ETag", "Range"]
    }
  }
}

data "google_project" "this" {
  project_id = var.project
}

resource "google_storage_bucket" "this" {
  for_each = local.buckets

  name                        = each.value
  location                    = var.region
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.protected

  # What is erased has to be gone, and no older version may be left.
  soft_delete_policy {
    retention_duration_seconds = 0
  }
  versioning {
    enabled = false
  }

  # The console comes from the API and uses the buckets, which are another origin to a browser.
  cors {
    origin          = local.page_origins
    method          = local.cors[each.key].method
    response_header = local.cors[each.key].header
    max_age_seconds = 3600
  }

  # Resumable uploads end by themselves after a week; those in parts are kept, and paid for, until somebody ends them.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  # Cloud Storage moves what nobody reads to cheaper classes, and back; nothing is ever read at a penalty.
  dynamic "autoclass" {
    for_each = var.autoclass ? [true] : []
    content {
      enabled = autoclass.value
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agent]
}

resource "google_storage_notification" "uploads" {
  bucket         = google_storage_bucket.this["uploads"].name
  topic          = google_pubsub_topic.this[local.flow.stages[0].consumes].id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  depends_on = [google_pubsub_topic_iam_member.storage]
}
