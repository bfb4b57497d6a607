# What they hold is added by hand, and not by Terraform, whose state would then hold it, too:
#   openssl ecparam -name prime256v1 -genkey -noout | gcloud secrets versions add signing-key --data-file=-
locals {
  secrets = toset(concat(["signing-key"], var.sql_database ? ["database-url"] : []))
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id           = each.key
  labels              = local.labels
  deletion_protection = var.protected

  replication {
    user_managed {
      replicas {
        location = var.region
        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agent]
}
