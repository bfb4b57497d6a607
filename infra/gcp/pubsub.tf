resource "google_pubsub_topic" "this" {
  for_each = local.topics

  name         = each.key
  kms_key_name = var.kms_key
  labels       = local.labels

  # Messages name owners and objects: they stay where the data is. This is not enforced in transit, too, since it would
  # lock out subscribers and operators elsewhere who use Pub/Sub's global address.
  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agent]
}

# No ordering, and no filter but the one between the lanes; shared/domain/topology.py says why.
resource "google_pubsub_subscription" "push" {
  for_each = local.lanes

  name                 = each.key
  topic                = google_pubsub_topic.this[each.value.topic].id
  labels               = merge(local.labels, { function = each.value.function })
  ack_deadline_seconds = each.value.ack_deadline_s
  filter               = each.value.filter

  push_config {
    # A tagged revision's address is the service's with the tag before it; the token is for the service either way.
    push_endpoint = replace(google_cloud_run_v2_service.function[each.value.function].uri, "https://", "https://${each.value.tag}")
    oidc_token {
      service_account_email = google_service_account.pusher.email
      audience              = google_cloud_run_v2_service.function[each.value.function].uri
    }
  }

  retry_policy {
    minimum_backoff = "${local.min_backoff_s}s"
    maximum_backoff = "${local.max_backoff_s}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.this[local.dead_letter_topic].id
    max_delivery_attempts = each.value.max_attempts
  }

  # Without this, Pub/Sub deletes it after a month without videos.
  expiration_policy {
    ttl = ""
  }
}

# Keeps what no function could handle until an operator pulls it; `automations dead-letters` does.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = local.dead_letter_topic
  topic                      = google_pubsub_topic.this[local.dead_letter_topic].id
  labels                     = local.labels
  ack_deadline_seconds       = local.max_ack_deadline_s
  message_retention_duration = "2678400s" # 31 days, the longest there is

  expiration_policy {
    ttl = ""
  }
}
