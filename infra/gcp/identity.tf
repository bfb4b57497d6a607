# Who acts: one account for each that runs, and one for what pushes to them. Nobody has a key.
resource "google_service_account" "function" {
  for_each = local.programs

  account_id   = "fn-${each.key}"
  display_name = "Automations: ${each.key}"

  depends_on = [google_project_service.this]
}

resource "google_service_account" "pusher" {
  account_id   = "pusher"
  display_name = "Automations: push subscriptions"

  depends_on = [google_project_service.this]
}

# Google's own accounts that act for its services in this project. Pub/Sub's is there once
# `gcloud beta services identity create --service=pubsub.googleapis.com` has been run.
locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

data "google_storage_project_service_account" "this" {}

# Only what Pub/Sub pushes gets to an event service: Cloud Run looks at the token before the function does.
resource "google_cloud_run_v2_service_iam_member" "pusher" {
  for_each = toset([for one in values(local.subscriptions) : one.function])

  name     = google_cloud_run_v2_service.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.pusher.member
}

# Signs the tokens of the pushes.
resource "google_service_account_iam_member" "pubsub_as_pusher" {
  service_account_id = google_service_account.pusher.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent
}

# Takes what could not be handled off a subscription, and puts it to the dead letters.
resource "google_pubsub_subscription_iam_member" "dead_lettering" {
  for_each = google_pubsub_subscription.push

  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent

  # It goes with a subscription that is replaced, though its name stays.
  lifecycle {
    replace_triggered_by = [google_pubsub_subscription.push[each.key].id]
  }
}

resource "google_pubsub_topic_iam_member" "dead_lettering" {
  topic  = google_pubsub_topic.this[local.dead_letter_topic].name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

# Tells of uploads.
resource "google_pubsub_topic_iam_member" "storage" {
  topic  = google_pubsub_topic.this[local.flow.stages[0].consumes].name
  role   = "roles/pubsub.publisher"
  member = data.google_storage_project_service_account.this.member
}

# The API looks at tokens and keys itself, and what browsers load before they have one is open to anybody.
resource "google_cloud_run_v2_service_iam_member" "anybody" {
  for_each = toset(var.public_api ? ["allUsers"] : [])

  name     = google_cloud_run_v2_service.function["api"].name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.key
}
