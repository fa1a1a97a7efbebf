"""The application that the laboratory protects: a small clinic on PetClinic's schema, built from source."""
