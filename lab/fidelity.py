"""What in the laboratory is real and what is not: one table, for `status` and for each report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part of the world; what stands for it here; and how it differs from the original ("": it is the real thing)."""

    name: str
    here: str
    differs: str = ""

    @property
    def real(self) -> bool:
        return not self.differs


PARTS: tuple[Part, ...] = (
    Part(
        "Tomcat",
        "Debian's Tomcat on hosts with systemd: 9 at the primary, and at the secondary what the machine's image has",
    ),
    Part("SSH", "OpenSSH; the runbooks configure real hosts through it"),
    Part("TLS", "real handshakes, checked against the lab's own authority"),
    Part("DNS server", "PowerDNS, asked over UDP and TCP"),
    Part("Users", "python -m lab watch: real DNS questions and HTTPS requests, from outside of the runbooks"),
    Part(
        "RDS and Azure Database for MySQL",
        "two servers of MySQL 9.7 with administrators as restricted as the clouds'",
        "MySQL's version is not the clouds' 8.0 or 8.4; there are no replicas, parameter groups or snapshots",
    ),
    Part(
        "Application Load Balancer",
        "nginx with TLS",
        "the load balancer is nginx with one target: no target health checks, and one address rather than several",
    ),
    Part(
        "EKS",
        "one host with Tomcat",
        "the primary's Kubernetes cluster is one host with Tomcat",
    ),
    Part(
        "Route 53's API and CloudFront's API",
        "moto, with its gaps that matter patched",
        "AWS's API is moto: no permissions, no rate limits of AWS's own, no propagation across regions",
    ),
    Part(
        "Route 53's health checks and answers",
        "our evaluator behind PowerDNS",
        "Route 53's checkers and failover rules are our implementation, with one checker where AWS has many",
    ),
    Part(
        "CloudFront's edge",
        "one nginx which follows the distributions in moto",
        "CloudFront is one nginx that caches nothing, and a change reaches it within seconds rather than minutes",
    ),
    Part(
        "Azure Resource Manager and Entra ID",
        "our endpoint, accepted by Azure's own SDKs",
        "Azure's control plane is our implementation: machines start in seconds, no role is enforced, and nothing is "
        "billed",
    ),
    Part(
        "Azure virtual machines",
        "podman hosts with systemd",
        "virtual machines are containers which share this machine's kernel: the only images are Debian 11, 12 and 13, "
        "sizes limit nothing, "
        "security groups filter nothing, private and public address are one",
    ),
    Part(
        "Azure Blob Storage",
        "Azurite over TLS",
        "Blob Storage is Azurite: one copy on this disk, no versioning, no immutability, no network rules",
    ),
    Part(
        "Distance",
        "one machine",
        "both clouds are on one machine: no latency between regions, and a restore competes with everything else",
    ),
)


def simulated() -> list[str]:
    """A sentence for each thing that was not real, for the reports."""
    return [part.differs for part in PARTS if not part.real]
