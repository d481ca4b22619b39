"""What performance is claimed and how it is measured."""
