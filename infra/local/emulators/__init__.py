"""Google's emulators with the functions around them: the deployment on Google Cloud, rebuilt on one machine."""

from infra.local.emulators.emulator import (
    PROJECT,
    Emulator,
    cloud_run_emulator,
    firestore_emulator,
    missing_emulators,
    pubsub_emulator,
    storage_emulator,
)

__all__ = [
    "PROJECT",
    "Emulator",
    "cloud_run_emulator",
    "firestore_emulator",
    "missing_emulators",
    "pubsub_emulator",
    "storage_emulator",
]
