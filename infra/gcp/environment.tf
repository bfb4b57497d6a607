# What every function finds in its environment; shared/settings.py says what each variable does.
locals {
  gemini = var.embedder == "gemini" || contains(var.analyzers, "gemini")

  # Set for every function.
  common_settings = {
    AUTOMATIONS_PLATFORM           = "google"
    AUTOMATIONS_PROJECT            = var.project
    AUTOMATIONS_FIRESTORE_DATABASE = var.firestore_database
    AUTOMATIONS_UPLOAD_BUCKET      = local.buckets.uploads
    AUTOMATIONS_MEDIA_BUCKET       = local.buckets.media
    AUTOMATIONS_ANALYZERS          = join(",", var.analyzers)
    AUTOMATIONS_EMBEDDER           = var.embedder
    # What fits on the disks: ingest and fetch have the upload there, transcode also all that becomes of it.
    AUTOMATIONS_LIMITS__MAX_SIZE_BYTES = tostring(
      pow(1024, 3) * min(local.disks_gib.ingest, local.disks_gib.fetch, floor(local.disks_gib.transcode / 2))
    )
  }

  # Other values than shared/settings.py has, which var.settings may replace. Each heartbeat is a write, with three entries at
  # the end of indexes that only grow: of a long video, most of what is written. The lease lasts 30 s either way.
  default_settings = {
    AUTOMATIONS_HEARTBEAT_S = "10"
  }

  # Those who start jobs, and those who cancel them when a video is deleted.
  job_settings = {
    AUTOMATIONS_JOBS = jsonencode({
      for job in keys(local.jobs) : job => "projects/${var.project}/locations/${var.region}/jobs/${job}"
    })
  }

  own_settings = {
    # As many chunks are encoded at the same time as its job may have tasks, whatever pipeline.json would like.
    transcode = merge(local.job_settings, { AUTOMATIONS_ENCODING__WORKERS = tostring(local.at_a_time.encode) })
    api = merge(local.job_settings, {
      for name, value in {
        AUTOMATIONS_AUTH__ISSUER       = local.auth.issuer
        AUTOMATIONS_AUTH__AUDIENCE     = local.auth.audience
        AUTOMATIONS_AUTH__JWKS_URL     = local.auth.jwks_url
        AUTOMATIONS_AUTH__OWNER_CLAIM  = local.auth.owner_claim
        AUTOMATIONS_AUTH__ROLE_CLAIM   = local.auth.role_claim
        AUTOMATIONS_AUTH__DEFAULT_ROLE = local.auth.default_role
        AUTOMATIONS_CORS_ORIGINS       = length(var.cors_origins) == 0 ? null : join(",", var.cors_origins)
      } : name => value if value != null
    })
    sweep = merge(local.job_settings, {
      for days in var.retention_days[*] : "AUTOMATIONS_RETENTION_DAYS" => tostring(days)
    })
  }

  # Tokens are those of the project's own Identity Platform, unless another issuer is named.
  auth = var.auth != null ? var.auth : {
    issuer       = "https://securetoken.google.com/${var.project}"
    audience     = var.project
    jwks_url     = null
    owner_claim  = null
    role_claim   = null
    default_role = null
  }

  environment = {
    for function in keys(local.programs) : function => merge(
      local.default_settings,
      local.common_settings,
      lookup(local.own_settings, function, {}),
      # Files that are in no volume are in memory.
      { AUTOMATIONS_DATA_DIR = contains(keys(local.disks_gib), function) ? local.disk_path : "/tmp/automations" },
      var.settings,
    )
  }

  # What nobody has to say, or is to put into Terraform's variables.
  decided_settings = toset(concat(
    keys(local.common_settings),
    flatten([for own in values(local.own_settings) : keys(own)]),
    ["AUTOMATIONS_DATA_DIR", "AUTOMATIONS_DATABASE_URL", "AUTOMATIONS_SIGNING_KEY"],
  ))

  # Variable -> secret, whose newest version it holds when an instance starts.
  secret_environment = {
    for function in keys(local.programs) : function => merge(
      function == "api" ? { AUTOMATIONS_SIGNING_KEY = google_secret_manager_secret.this["signing-key"].secret_id } : {},
      var.sql_database && contains(keys(local.functions), function) ? { AUTOMATIONS_DATABASE_URL = google_secret_manager_secret.this["database-url"].secret_id } : {},
    )
  }
}
