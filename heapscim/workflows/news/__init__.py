"""Sends news by mail and webhook: once when something is wrong, and once when it is over."""
