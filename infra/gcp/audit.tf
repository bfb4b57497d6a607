# What is not to be in logs, and what is to be in more of them.

# A signed link opens its file to whoever has it, and Google logs addresses as they were asked for. The API's own line
# of each request has no query. Links to the bucket itself are in no log of requests: buckets have none here.
resource "google_logging_project_exclusion" "signed_links" {
  name        = "signed-links"
  description = "Requests whose address is a link that opens a file."
  filter      = "httpRequest.requestUrl =~ \"^[^?]*/media/[^?]*[?](.*&)?signature=\""

  depends_on = [google_project_service.this]
}

# Who read what: as much again as there are requests, and paid for by volume.
resource "google_project_iam_audit_config" "data_access" {
  for_each = toset(var.audit_data_access ? ["firestore.googleapis.com", "secretmanager.googleapis.com", "storage.googleapis.com"] : [])

  project = var.project
  service = each.key

  dynamic "audit_log_config" {
    for_each = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"]
    content {
      log_type = audit_log_config.value
    }
  }

  depends_on = [google_project_service.this]
}
