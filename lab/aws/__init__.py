"""The emulated AWS: moto's server, with the gaps closed that matter to a failover."""
