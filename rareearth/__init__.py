"""Figures with sources in, briefings whose every number can be traced out."""
