# Runs are traced where `settings` says so (AUTOMATIONS_TRACES = "otlp"); Google Cloud takes the spans unless they are
# sent elsewhere.
locals {
  traced = lookup(var.settings, "AUTOMATIONS_TRACES", "none") == "otlp" && !contains(keys(var.settings), "AUTOMATIONS_TRACES_ENDPOINT")
}

resource "google_project_iam_member" "span_writer" {
  for_each = toset(local.traced ? concat(local.stages, ["api"]) : [])

  project = var.project
  role    = "roles/telemetry.tracesWriter"
  member  = google_service_account.function[each.key].member
}
