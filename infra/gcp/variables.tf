variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of the functions, buckets and topics, such as europe-west1. Not every region has disks for Cloud Run."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is named like europe-west1."
  }
}

variable "images" {
  description = "Image -> its reference by digest; what cloudbuild.yaml has built. Nothing runs without: null is for what comes before the first build."
  type        = object({ light = string, media = string })
  default     = null

  validation {
    condition     = var.images == null || can([for image in values(var.images) : regex("@sha256:[0-9a-f]{64}$", image)])
    error_message = "Images are named by digest, so that what runs is what was scanned."
  }
}

variable "protected" {
  description = "Whether Terraform refuses to remove what holds data: buckets with objects in them, the database, secrets."
  type        = bool
  default     = true
}

variable "firestore_database" {
  description = "Name of the Firestore database."
  type        = string
  default     = "(default)"
}

variable "firestore_location" {
  description = "Location of the database, such as eur3 for several regions; null for the region. It can't be changed."
  type        = string
  default     = null
}

variable "weekly_backup_retention_days" {
  description = "Days that weekly backups of the database are kept. What was erased is in them until then."
  type        = number
  default     = 28

  validation {
    condition     = var.weekly_backup_retention_days >= 7 && var.weekly_backup_retention_days <= 98
    error_message = "Firestore keeps backups for 98 days at most, and weekly ones kept for less than 7 leave gaps."
  }
}

variable "sql_database" {
  description = "Whether videos are kept in PostgreSQL, whose URL the secret database-url holds, instead of Firestore."
  type        = bool
  default     = false
}

variable "autoclass" {
  description = "Whether Cloud Storage moves objects that nobody reads to cheaper classes, for a fee an object."
  type        = bool
  default     = false
}

variable "kms_key" {
  description = "Full name of the Cloud KMS key that data is encrypted with (projects/P/locations/L/keyRings/R/cryptoKeys/K); null for Google's own."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "A key is named like projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

variable "max_instances" {
  description = "Most instances of a function that instances does not name."
  type        = number
  default     = 8

  validation {
    condition     = var.max_instances >= 1 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances is a whole number of at least 1."
  }
}

variable "instances" {
  description = "Function -> the fewest and the most instances of it; of what a stage divides its work into, the most tasks at a time for a video. One that is always there is paid for, and answers at once."
  type        = map(object({ min = optional(number, 0), max = number }))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.instances), keys(local.programs))) == 0
    error_message = "There are no others than ${join(", ", keys(local.programs))}."
  }

  validation {
    condition     = alltrue([for one in values(var.instances) : 0 <= one.min && one.min <= one.max && one.max >= 1])
    error_message = "The most instances are at least one, and no fewer than the fewest."
  }
}

variable "disk_limit_gib" {
  description = "Largest disk of an instance in GiB; what a function gets is the lesser of this and what pipeline.json says. A project has 10 GB an instance and 100 GB a region until its quota is raised. An upload may have half of transcode's disk, and no more than ingest's."
  type        = number
  default     = 10

  validation {
    condition     = var.disk_limit_gib >= 10
    error_message = "Cloud Run has no smaller disks than 10 GiB."
  }
}

variable "auth" {
  description = "Whose tokens the API takes, as AUTOMATIONS_AUTH__* say; null for the project's own Identity Platform."
  type = object({
    issuer       = string
    audience     = string
    jwks_url     = optional(string)
    owner_claim  = optional(string)
    role_claim   = optional(string)
    default_role = optional(string)
  })
  default = null
}

variable "cors_origins" {
  description = "Web pages of other origins that may use the API and the buckets, such as https://app.example.com."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[a-z0-9.:-]+$", origin))])
    error_message = "An origin is a scheme and a host, and a port where it has one, such as https://app.example.com."
  }
}

variable "retention_days" {
  description = "Days after which a video is deleted; null for never."
  type        = number
  default     = null

  validation {
    condition     = alltrue([for days in var.retention_days[*] : days > 0])
    error_message = "retention_days is more than 0, or null."
  }
}

variable "analyzers" {
  description = "Strategies that find what is in a video; gemini among them needs Vertex AI."
  type        = list(string)
  default     = ["text", "words", "loudness", "levels", "noise", "pictures"]
}

variable "embedder" {
  description = "What makes videos searchable by meaning: none, or gemini on Vertex AI."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "gemini"], var.embedder)
    error_message = "An embedder is none or gemini."
  }
}

variable "settings" {
  description = "Any other settings of the functions: environment variable -> value, as the README lists them."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "AUTOMATIONS_")])
    error_message = "Settings are named AUTOMATIONS_..."
  }

  validation {
    condition     = length(setintersection(keys(var.settings), local.decided_settings)) == 0
    error_message = "These have variables of their own, or follow from what is made: ${join(", ", local.decided_settings)}."
  }
}

variable "public_api" {
  description = "Whether Cloud Run lets anybody reach the API, which checks tokens and keys itself. Without, only who has roles/run.invoker gets there."
  type        = bool
  default     = true
}

variable "alert_emails" {
  description = "Addresses that alerts are mailed to; without any they show in the console only."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "alert_emails are e-mail addresses."
  }
}

variable "alert_limits" {
  description = "When alerts fire: share and least number of videos failed in an hour, age of a message in seconds, events sent again in an hour, 95th percentile of the API's answers in seconds, US dollars spent on models in a day."
  type = object({
    failed_share      = optional(number, 0.05)
    failed_videos     = optional(number, 5)
    oldest_message_s  = optional(number, 1800)
    redriven_per_hour = optional(number, 4)
    api_p95_s         = optional(number, 2)
    model_usd_per_day = optional(number, 50)
  })
  default = {}

  validation {
    condition     = var.alert_limits.failed_share > 0 && var.alert_limits.failed_share < 1
    error_message = "failed_share is a share, between 0 and 1."
  }
  validation {
    condition     = var.alert_limits.oldest_message_s > 600
    error_message = "A message that is being worked on waits for up to 600 s; oldest_message_s is more than that."
  }
}

variable "runbooks_url" {
  description = "Where people read infra/README.md, such as https://git.example.com/automations/blob/main/infra/README.md; alerts link to it."
  type        = string
  default     = null

  validation {
    condition     = var.runbooks_url == null || can(regex("^https://[^#\\s]+$", var.runbooks_url))
    error_message = "runbooks_url is an https address without a fragment."
  }
}

variable "billing_account" {
  description = "Billing account, such as 012345-6789AB-CDEF01, whose budget watches this project; without it there is no budget."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account is three times six hexadecimal digits, as `gcloud billing accounts list` shows it."
  }
}

variable "budget" {
  description = "What the project may cost in a month, in whole units of the billing account's currency, and a Pub/Sub topic (projects/P/topics/T) that is told of it, besides the e-mails."
  type = object({
    amount   = optional(number, 500)
    currency = optional(string, "USD")
    topic    = optional(string)
  })
  default = {}

  validation {
    condition     = var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount
    error_message = "budget.amount is a whole number of at least 1."
  }
}

variable "domain" {
  description = "Name that the API and the console get, behind a load balancer with Cloud Armor and CDN, such as videos.example.com; null for Cloud Run's own address alone. It and candidate.<domain> must lead to the output domain_address."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "A domain is named like videos.example.com."
  }
}

variable "requests_per_minute_per_address" {
  description = "Requests to the domain that one address may make in a minute. An office or a mobile network may be one."
  type        = number
  default     = 3000

  validation {
    condition     = var.requests_per_minute_per_address >= 1 && floor(var.requests_per_minute_per_address) == var.requests_per_minute_per_address
    error_message = "requests_per_minute_per_address is a whole number of at least 1."
  }
}

variable "waf_enforced" {
  description = "Whether Cloud Armor's rules against known attacks refuse requests, rather than log what they would refuse."
  type        = bool
  default     = false
}

variable "audit_data_access" {
  description = "Whether it is logged who reads and writes objects, documents and secrets. Who changes resources always is."
  type        = bool
  default     = false
}
