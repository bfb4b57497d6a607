# Encryption with a key of one's own. The key is not made here: it must outlive the deployment, and a key ring can never be
# removed. What encrypts with it are Google's accounts that act for each service; whoever deploys says so, and has to be
# allowed to (roles/cloudkms.admin where the key is).
locals {
  key_users = var.kms_key == null ? {} : {
    artifactregistry = "gcp-sa-artifactregistry"
    firestore        = "gcp-sa-firestore"
    pubsub           = "gcp-sa-pubsub"
    run              = "serverless-robot-prod"
    secretmanager    = "gcp-sa-secretmanager"
    storage          = "gs-project-accounts"
  }
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = local.key_users

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:service-${data.google_project.this.number}@${each.value}.iam.gserviceaccount.com"

  depends_on = [google_project_service.this]

  lifecycle {
    precondition {
      condition     = split("/", var.kms_key)[3] == var.region && coalesce(var.firestore_location, var.region) == var.region
      error_message = "A key encrypts only what is in its own location: it has to be in ${var.region}, and the database, too."
    }
  }
}
