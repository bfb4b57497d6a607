# Every API that something here is made in, or that a function calls. What only builds use, infra/deploy/bootstrap.sh
# enables.
locals {
  apis = toset(concat(
    [
      "artifactregistry",
      "cloudbuild",
      "cloudresourcemanager",
      "cloudscheduler",
      "firestore",
      "iam",
      "iamcredentials", # signs URLs for accounts that have no key
      "logging",
      "monitoring",
      "pubsub",
      "run",
      "secretmanager",
      "storage",
    ],
    var.auth == null ? ["identitytoolkit"] : [], # Identity Platform, whose tokens the API takes then
    local.gemini ? ["aiplatform"] : [],
    var.domain == null ? [] : ["compute"],
    var.kms_key == null ? [] : ["cloudkms"],
    var.billing_account == null ? [] : ["billingbudgets"],
    local.traced ? ["cloudtrace", "telemetry"] : [],
  ))
}

resource "google_project_service" "this" {
  for_each = local.apis

  service = "${each.key}.googleapis.com"

  # Something else in the project may use it, too.
  disable_on_destroy = false
}
