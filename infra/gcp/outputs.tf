output "api_url" {
  description = "Where the API and the console are."
  value       = local.api_url
}

output "upload_bucket" {
  description = "Where videos are dropped, in a folder named like their owner."
  value       = google_storage_bucket.this["uploads"].url
}

output "media_bucket" {
  description = "Where everything is that is made of them; private."
  value       = google_storage_bucket.this["media"].url
}

output "upload_command" {
  description = "Processes a first video, for the owner demo."
  value       = "gcloud storage cp VIDEO ${google_storage_bucket.this["uploads"].url}/demo/"
}

output "announcement_topics" {
  description = "Topics that tell anybody who subscribes to them what became of a video."
  value       = { for topic in local.announcements : topic => google_pubsub_topic.this[topic].id }
}

output "dead_letters" {
  description = "Subscription that keeps what no function could handle."
  value       = google_pubsub_subscription.dead_letters.id
}

output "image_repository" {
  description = "Where the images are pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.automations.repository_id}"
}

output "cloud_console" {
  description = "The services in Google's own console."
  value       = "https://console.cloud.google.com/run?project=${var.project}"
}

output "domain_address" {
  description = "What the domain and candidate.<domain> have to lead to: their A records."
  value       = one(values(google_compute_global_address.api)[*].address)
}
