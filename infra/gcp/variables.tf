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
