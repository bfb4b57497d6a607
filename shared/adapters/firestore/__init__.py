"""Videos in Firestore."""
