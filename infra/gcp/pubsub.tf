resource "google_pubsub_topic" "this" {
  for_each = local.topics

  name = each.key

  # Messages name owners and objects: they stay where the data is.
  message_storage_policy {
    allowed_persistence_regions = [var.region]
    enforce_in_transit          = true
  }
}
