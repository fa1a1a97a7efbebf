"""What in the laboratory is real and what is not: one table, for `status` and for each report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part of the world; what stands for it here; and how it differs from the original ("": it is the real thing).

    `differs_ko` is the same in Korean, for the reports.
    """

    name: str
    here: str
    differs: str = ""
    differs_ko: str = ""

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
        "MySQL 버전이 클라우드의 8.0 또는 8.4와 다르고, 복제본, 파라미터 그룹, 스냅샷이 없음",
    ),
    Part(
        "Application Load Balancer",
        "nginx with TLS",
        "the load balancer is nginx with one target: no target health checks, and one address rather than several",
        "로드 밸런서는 대상이 하나인 nginx: 대상 상태 확인이 없고 주소가 여러 개가 아니라 하나임",
    ),
    Part(
        "EKS",
        "one host with Tomcat",
        "the primary's Kubernetes cluster is one host with Tomcat",
        "주 사이트의 쿠버네티스 클러스터는 Tomcat이 있는 호스트 한 대임",
    ),
    Part(
        "Route 53's API and CloudFront's API",
        "moto, with its gaps that matter patched",
        "AWS's API is moto: no permissions, no rate limits of AWS's own, no propagation across regions",
        "AWS API는 moto: 권한 검사, AWS의 호출 한도, 리전 간 전파가 없음",
    ),
    Part(
        "Route 53's health checks and answers",
        "our evaluator behind PowerDNS",
        "Route 53's checkers and failover rules are our implementation, with one checker where AWS has many",
        "Route 53의 상태 확인과 장애 조치 규칙은 자체 구현이며, AWS와 달리 검사기가 하나임",
    ),
    Part(
        "CloudWatch's alarms, SNS and SQS",
        "moto; alarms follow our health checkers",
        "CloudWatch's alarms are evaluated by us, at once rather than each minute, and on Route 53's checks alone; no "
        "policy of SNS or SQS is enforced, and a restart empties all three",
        "CloudWatch 경보는 자체 구현이 Route 53 상태 확인만 1분마다가 아니라 즉시 평가하고, SNS와 SQS의 정책을 "
        "검사하지 않으며, 재시작하면 셋 다 비워짐",
    ),
    Part(
        "CloudFront's edge",
        "one nginx which follows the distributions in moto",
        "CloudFront is one nginx that caches nothing, and a change reaches it within seconds rather than minutes; "
        "it wants an origin's own name in its certificate, where CloudFront takes the viewer's Host as well",
        "CloudFront는 캐시하지 않는 nginx 한 대이며, 변경이 수 분이 아니라 수 초 만에 반영되고, "
        "CloudFront가 뷰어의 Host도 받아들이는 곳에서 오리진 인증서에 오리진 자신의 이름을 요구함",
    ),
    Part(
        "Azure Resource Manager and Entra ID",
        "our endpoint, accepted by Azure's own SDKs",
        "Azure's control plane is our implementation: machines start in seconds, no role is enforced, and nothing is "
        "billed",
        "Azure 제어 영역은 자체 구현: 가상 머신이 수 초 만에 시작되고, 역할을 검사하지 않으며, 요금이 없음",
    ),
    Part(
        "Azure virtual machines",
        "podman hosts with systemd",
        "virtual machines are containers which share this machine's kernel: the only images are Debian 11, 12 and 13, "
        "sizes limit nothing, "
        "security groups filter nothing, private and public address are one",
        "가상 머신은 이 컴퓨터의 커널을 함께 쓰는 컨테이너: 이미지는 Debian 11, 12, 13뿐이고, 크기 "
        "제한과 보안 그룹 필터링이 없으며, 사설 주소와 공인 주소가 같음",
    ),
    Part(
        "Azure Blob Storage",
        "Azurite over TLS",
        "Blob Storage is Azurite: one copy on this disk, no versioning, no immutability, no network rules",
        "Blob Storage는 Azurite: 이 디스크의 사본 하나뿐이며 버전 관리, 변경 불가 설정, 네트워크 규칙이 없음",
    ),
    Part(
        "Azure's storage accounts and database servers, as resources",
        "our endpoint: containers are made in Azurite; MySQL gets its parameters, is started, and is stopped",
        "a database server and a storage account run before they are asked for, one of each: making them takes a "
        "second rather than minutes, starting one some seconds; their SKUs, soft delete, immutability, firewall rules "
        "and backups are stored and do nothing",
        "데이터베이스 서버와 스토리지 계정은 요청 전부터 하나씩 실행 중: 생성이 수 분이 아니라 1초, 시작은 몇 초이며, "
        "SKU, 일시 삭제, 변경 불가 설정, 방화벽 규칙, 백업 설정은 저장만 되고 동작하지 않음",
    ),
    Part(
        "Distance",
        "one machine",
        "both clouds are on one machine: no latency between regions, and a restore competes with everything else",
        "두 클라우드가 한 컴퓨터에 있음: 리전 간 지연이 없고, 복원이 다른 모든 작업과 자원을 다툼",
    ),
)


def simulated(lang: str = "en") -> list[str]:
    """A sentence for each thing that was not real, for the reports; "ko": in Korean."""
    return [part.differs_ko if lang == "ko" else part.differs for part in PARTS if not part.real]
