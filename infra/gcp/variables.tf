variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of the functions, buckets and topics, such as europe-west1."
  type        = string
}

variable "images" {
  description = "Image -> its reference by digest; what cloudbuild.yaml has built."
  type        = object({ light = string, media = string })

  validation {
    condition     = alltrue([for image in values(var.images) : strcontains(image, "@sha256:")])
    error_message = "Images are named by digest, so that what runs is what was scanned."
  }
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
