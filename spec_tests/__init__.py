"""Runs the official conformance suites (``.wast``) on the engines of pywasm_rt."""
