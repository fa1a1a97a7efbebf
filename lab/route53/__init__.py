"""Route 53's data plane: health checkers, failover evaluation, and the answers that PowerDNS gives.

It reads the control plane (moto) once a second and goes on without it, as AWS's
data plane does when the API is impaired.
"""
