# A lane of the smoke test's own. What belongs to its owner is pushed to the revisions that are tagged "candidate", and
# everything else to those that serve: so a new revision processes a whole video before anybody's videos reach it.
locals {
  smoke_owner = "smoke-test"

  # Topic -> what tells messages of the smoke test. Cloud Storage names the object, everything here the owner.
  smoke_messages = {
    for topic in local.topics : topic => (
      topic == local.flow.stages[0].consumes
      ? "hasPrefix(attributes.objectId, \"${local.smoke_owner}/\")"
      : "attributes.owner = \"${local.smoke_owner}\""
    )
  }

  # What a scheduler sends belongs to nobody, so sweep has one lane.
  lanes = merge(
    {
      for name, one in local.subscriptions : name => merge(one, {
        filter = one.function == "sweep" ? null : "NOT ${local.smoke_messages[one.topic]}"
        tag    = ""
      })
    },
    {
      for name, one in local.subscriptions : "${name}.candidate" => merge(one, {
        filter = local.smoke_messages[one.topic]
        tag    = "candidate---"
      }) if one.function != "sweep"
    },
  )
}

variable "release" {
  description = "Commit that is deployed. It is on every revision, so that each deployment makes a new one of every service."
  type        = string
  default     = "unnamed"

  validation {
    condition     = can(regex("^[a-z0-9-]{1,63}$", var.release))
    error_message = "A release is named by at most 63 small letters, digits and dashes, such as a commit's hash."
  }
}

output "candidate_url" {
  description = "Where the revision of the API is that is deployed and not served yet."
  value = (
    var.domain == null
    ? replace(google_cloud_run_v2_service.function["api"].uri, "https://", "https://candidate---")
    : "https://candidate.${var.domain}"
  )
}
