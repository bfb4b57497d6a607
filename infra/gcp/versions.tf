terraform {
  required_version = "~> 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.7"
    }
  }

  # Which bucket keeps the state is told by `terraform init -backend-config="bucket=..."`.
  backend "gcs" {
    prefix = "automations"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}
