"""Speaks SCIM 2.0 (RFC 7643, RFC 7644): resources, messages, filters, lists, and the client. Knows no provider."""
