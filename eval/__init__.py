"""Figures and error reports."""
