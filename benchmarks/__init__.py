"""What performance is claimed and how it is measured; nothing in the package depends on this folder."""
