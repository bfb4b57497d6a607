# What each function may do. Each row is there because its code makes such calls, and a test compares the two: a missing
# row and one too many both fail it. Rights are those to single resources wherever Google Cloud knows any.
locals {
  stages      = local.flow.stages[*].stage
  made_stages = slice(local.stages, 1, length(local.stages)) # the first one only looks at the upload

  # Bucket -> function -> what it does with objects. Who may get an object's metadata may get its content, too; so the API,
  # which must not read uploads, finds what it removes by listing.
  object_access = {
    uploads = {
      ingest    = ["get"]
      transcode = ["get"]
      fetch     = ["create", "get"]
      export    = ["get"]
      sweep     = ["delete", "get", "list"]
      api       = ["create", "delete", "list"]
    }
    media = merge(
      # A stage removes what it stored for a video that was deleted meanwhile.
      { for stage in local.made_stages : stage => ["create", "delete", "get"] },
      {
        # What is done of a video is seen by listing, and what nobody wants any more is removed with its order.
        transcode = ["create", "delete", "get", "list"]
        encode    = ["create", "delete", "get", "list"]
        export    = ["create", "delete", "get", "list"]
        clip      = ["create", "delete", "get"]
        sweep     = ["delete", "get", "list"]
        api       = ["delete", "get", "list"] # a signed link may do what its signer may
      },
    )
  }

  # Topic -> who publishes to it. What somebody committed but did not live to publish, the next one does who looks at the
  # video; a replay from the first stage on is among that.
  outbox_topics = concat([local.flow.stages[0].consumes], local.announcements)
  publishers = merge(
    { for topic in local.outbox_topics : topic => concat(local.stages, ["fetch", "sweep", "api"]) },
    {
      import-requested = ["sweep", "api"]
      export-requested = ["sweep", "api"]
      clip-requested   = ["sweep", "api"]
      delivery-due     = ["sweep", "api", "notify"]
    },
  )

  # Job -> who starts it, who looks how it goes, and who ends it.
  job_starters   = { transcode = ["transcode"], encode = ["transcode"] }
  job_watchers   = { encode = ["transcode"] }
  job_cancellers = { transcode = ["sweep", "api"], encode = ["transcode"] }

  link_signers = ["api"]

  model_callers = toset(concat(
    contains(var.analyzers, "gemini") ? ["analyze"] : [],
    var.embedder == "gemini" ? ["tag", "api"] : [],
  ))

  # Secret -> whose environment it is in.
  secret_readers = {
    for secret in local.secrets : secret => [
      for function, held in local.secret_environment : function
      if contains(values(held), google_secret_manager_secret.this[secret].secret_id)
    ]
  }

  # Predefined roles let more be done than these calls are, such as listing along with getting.
  roles = merge(
    {
      "objects.create" = ["storage.objects.create"]
      "objects.delete" = ["storage.objects.delete"]
      "objects.get"    = ["storage.objects.get"]
      "objects.list"   = ["storage.objects.list"]
      "jobs.start"     = ["run.jobs.run", "run.jobs.runWithOverrides"]
      "jobs.watch"     = ["run.executions.get"]
      "jobs.cancel"    = ["run.executions.cancel"]
      "links.sign"     = ["iam.serviceAccounts.signBlob"]
    },
    var.sql_database ? {} : { documents = [
      "datastore.entities.create",
      "datastore.entities.delete",
      "datastore.entities.get",
      "datastore.entities.list",
      "datastore.entities.update",
    ] },
    local.gemini ? { "models.ask" = ["aiplatform.endpoints.predict"] } : {},
  )
}

resource "google_project_iam_custom_role" "this" {
  for_each = local.roles

  role_id     = "automations.${each.key}"
  title       = "Automations: ${each.key}"
  permissions = each.value

  depends_on = [google_project_service.this]
}

resource "google_storage_bucket_iam_member" "function" {
  for_each = merge([
    for bucket, functions in local.object_access : merge([
      for function, actions in functions : {
        for action in actions : "${function}.${bucket}.${action}" => { function = function, bucket = bucket, action = action }
      }
    ]...)
  ]...)

  bucket = google_storage_bucket.this[each.value.bucket].name
  role   = google_project_iam_custom_role.this["objects.${each.value.action}"].name
  member = google_service_account.function[each.value.function].member
}

resource "google_pubsub_topic_iam_member" "function" {
  for_each = merge([
    for topic, functions in local.publishers : {
      for function in functions : "${function}.${topic}" => { function = function, topic = topic }
    }
  ]...)

  topic  = google_pubsub_topic.this[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = google_service_account.function[each.value.function].member
}

resource "google_cloud_run_v2_job_iam_member" "function" {
  for_each = merge(concat(
    [for job, functions in local.job_starters : {
      for function in functions : "${function}.${job}.start" => { function = function, job = job, role = "jobs.start" }
    }],
    [for job, functions in local.job_watchers : {
      for function in functions : "${function}.${job}.watch" => { function = function, job = job, role = "jobs.watch" }
    }],
    [for job, functions in local.job_cancellers : {
      for function in functions : "${function}.${job}.cancel" => { function = function, job = job, role = "jobs.cancel" }
    }],
  )...)

  name     = google_cloud_run_v2_job.this[each.value.job].name
  location = var.region
  role     = google_project_iam_custom_role.this[each.value.role].name
  member   = google_service_account.function[each.value.function].member
}

# An account without a key asks IAM to sign for it, which is a right to itself.
resource "google_service_account_iam_member" "link_signer" {
  for_each = toset(local.link_signers)

  service_account_id = google_service_account.function[each.key].name
  role               = google_project_iam_custom_role.this["links.sign"].name
  member             = google_service_account.function[each.key].member
}

resource "google_secret_manager_secret_iam_member" "function" {
  for_each = merge([
    for secret, functions in local.secret_readers : {
      for function in functions : "${function}.${secret}" => { function = function, secret = secret }
    }
  ]...)

  secret_id = google_secret_manager_secret.this[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}

# Firestore knows no rights to a collection, and none to a database but by a condition of the project's.
resource "google_project_iam_member" "documents" {
  for_each = toset(var.sql_database ? [] : keys(local.functions))

  project = var.project
  role    = google_project_iam_custom_role.this["documents"].name
  member  = google_service_account.function[each.key].member

  condition {
    title      = "Only the database ${var.firestore_database}"
    expression = "resource.name == \"projects/${var.project}/databases/${google_firestore_database.this.name}\""
  }
}

# Google's models belong to no project: the right to ask them is one to the project that pays.
resource "google_project_iam_member" "models" {
  for_each = local.model_callers

  project = var.project
  role    = google_project_iam_custom_role.this["models.ask"].name
  member  = google_service_account.function[each.key].member
}
