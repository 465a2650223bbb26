"""Completes words at the Tab key. Imports as little as possible, since each Tab waits for it."""
