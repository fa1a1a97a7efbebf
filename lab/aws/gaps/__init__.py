"""What moto does differently from AWS, and a failover would notice. One file for each."""

from __future__ import annotations

from pathlib import Path

from lab.aws.gaps import (
    alternate_names,
    distribution_settings,
    distribution_versions,
    health_check_settings,
    health_check_status,
    record_sets,
    response_headers_policies,
    simulated_policies,
)


def close(health_file: Path) -> None:
    """Patch moto in this process. health_file: what lab.route53's checkers observe (run/health.json)."""
    health_check_settings.close()
    health_check_status.close(health_file)
    record_sets.close()
    distribution_versions.close()
    distribution_settings.close()
    alternate_names.close()
    response_headers_policies.close()
    simulated_policies.close()
