"""Trains adapters: rows of conversations in, LoRA weights and answers to probes out.

`python -m llm_backend.training FOLDER` is a process of its own, and the only one that loads torch
for it; `process` starts it, follows it and stops it.
"""
