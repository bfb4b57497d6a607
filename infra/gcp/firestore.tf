resource "google_firestore_database" "this" {
  name                              = var.firestore_database
  location_id                       = coalesce(var.firestore_location, var.region)
  type                              = "FIRESTORE_NATIVE"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.protected ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = "DELETE"

  dynamic "cmek_config" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = cmek_config.value
    }
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agent]
}

# What is erased can be had back from points in time for a week, and from backups until they end: those of each day
# after a week, those of each week after their own retention.
resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.this.name
  retention = "${7 * 86400}s"

  daily_recurrence {}
}

resource "google_firestore_backup_schedule" "weekly" {
  database  = google_firestore_database.this.name
  retention = "${var.weekly_backup_retention_days * 86400}s"

  weekly_recurrence {
    day = "SUNDAY"
  }
}

# The queries' indexes, as Firebase's tools read them; a test compares them with the queries.
locals {
  firestore = jsondecode(file("${path.module}/firestore.indexes.json"))

  firestore_indexes = {
    for index in local.firestore.indexes :
    join(" ", [
      index.collectionGroup,
      index.queryScope,
      join(" ", [for field in index.fields :
        "${field.fieldPath}:${try(field.order, field.arrayConfig, field.vectorConfig.dimension)}"
      ]),
    ]) => index
  }
  firestore_fields = {
    for field in local.firestore.fieldOverrides : "${field.collectionGroup}.${field.fieldPath}" => field
  }
}

resource "google_firestore_index" "this" {
  for_each = local.firestore_indexes

  database    = google_firestore_database.this.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)

      dynamic "vector_config" {
        for_each = try([fields.value.vectorConfig], [])
        content {
          dimension = vector_config.value.dimension
          flat {}
        }
      }
    }
  }
}

# No other index of these fields is kept: each costs a write's time and money. Firestore itself removes only documents
# with a TTL, those of shared/domain/expiring.py: any other has to be seen by sweep, which removes more than it.
resource "google_firestore_field" "this" {
  for_each = local.firestore_fields

  database   = google_firestore_database.this.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes
      content {
        query_scope  = indexes.value.queryScope
        order        = try(indexes.value.order, null)
        array_config = try(indexes.value.arrayConfig, null)
      }
    }
  }

  dynamic "ttl_config" {
    for_each = try(each.value.ttl, false) ? [0] : []
    content {}
  }
}
