"""The words of SCIM 2.0 (RFC 7643, RFC 7644) and the client that speaks them."""
