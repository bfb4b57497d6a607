"""In-memory fakes of the ports and builders of domain objects, shipped with the library for its users' tests."""
