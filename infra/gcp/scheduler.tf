# What sweep does when; one message is one run of it.
resource "google_cloud_scheduler_job" "sweep" {
  for_each = { for row in local.flow.schedules : row.schedule => row }

  name        = "sweep-${each.key}"
  description = "Sweep: ${join(", ", each.value.steps)}."
  region      = var.region
  schedule    = each.value.cron
  time_zone   = "Etc/UTC"

  # SweepDue, as shared/domain/wire.py writes it.
  pubsub_target {
    topic_name = google_pubsub_topic.this[local.sweep_topic].id
    data       = base64encode(jsonencode({ schema_version = 1, steps = each.value.steps, within_s = each.value.within_s }))
  }

  depends_on = [google_project_service.this]
}
