#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dr_readiness
short_description: Says on one screen whether a runbook could do its work now
version_added: 0.1.0
description:
  - Asks both clouds, both databases, DNS and the controller itself, all side by side and within one budget of time,
    and judges each answer as V(ok), V(warn) or V(no), with the fix in a sentence.
  - Whoever does not answer in time is said to be not known, which is V(warn) and never V(ok). So it comes to an end
    also while AWS or Azure is dark.
  - What does not matter to O(intent) does not block it, and is not asked where nobody would want to know. Nothing
    that only AWS could mend blocks a failover.
  - Changes nothing but the file O(report).
  - What it cannot prove without moving users, it does not claim. That our login may write the switch object or move a
    health check is known only by doing so, and that a size is offered does not say that one is free.
options:
  intent:
    description:
      - The runbook that is about to run. One that this module does not know is told who is active.
      - V(status) is about to run nothing. It is told what would block a failover, and RV(facts) besides.
    type: str
    required: true
  budget:
    description: Seconds until everything that has not answered is not known.
    type: int
    default: 15
  report:
    description: JSON file on the controller for what was found. A file that cannot be written is a warning.
    type: path
  application:
    description: Name of the application, with which the names of the switch object and of the marks begin.
    type: str
    required: true
  schema:
    description: The application's schema in the primary's database.
    type: str
    required: true
  aws:
    description: How to reach AWS, as C(dr_aws_login) of the inventory.
    type: dict
    required: true
    suboptions:
      access_key: {description: The access key's id. Without it the AWS SDK looks where it always does., type: str}
      secret_key: {description: The secret access key that belongs to it., type: str}
      session_token: {description: "The session token, where the credentials are temporary.", type: str}
      region: {description: The region., type: str, default: us-east-1}
      endpoint_url: {description: "Address of the API, where it is not AWS's public one.", type: str}
      ca_bundle: {description: PEM file of the authorities that the API's certificate is verified with., type: path}
  azure:
    description: How to reach Azure, as C(dr_azure_login) of the inventory.
    type: dict
    required: true
    suboptions:
      tenant_id: {description: The Entra tenant of the service principal., type: str}
      client_id: {description: The service principal's application id., type: str}
      client_secret:
        description: The service principal's secret. Without it C(DefaultAzureCredential) looks for a login.
        type: str
      subscription_id: {description: The subscription that holds the resources., type: str}
      authority_url: {description: Where tokens are issued., type: str}
      arm_url: {description: The address of Azure Resource Manager., type: str, default: https://management.azure.com}
      ca_bundle: {description: PEM file of the authorities that are trusted for Azure's addresses., type: path}
  primary_database:
    description:
      - How to reach the primary's database, from O(bastion) where there is one, else from here. That it cannot be
        reached blocks nothing.
    type: dict
    required: true
    suboptions: &login
      login_host: {description: Name or address of the server., type: str, required: true}
      login_port: {description: Its port., type: int, default: 3306}
      login_user: {description: Account to work as., type: str, required: true}
      login_password: {description: The account's password., type: str, required: true}
      login_ca: {description: PEM file of the authorities that the server's certificate is verified with., type: path}
      login_ssh:
        description: The host that reaches the server by C(ssh -W), where this one does not.
        type: dict
        suboptions:
          host: {description: Its name or address., type: str, required: true}
          port: {description: Its port of SSH., type: int, default: 22}
          user: {description: Whom to log in as., type: str}
          private_key_file: {description: The private key to log in with., type: path}
          arguments: {description: "Further arguments of C(ssh), as C(ansible_ssh_common_args).", type: str}
  secondary_database:
    description: How to reach the secondary's database.
    type: dict
    required: true
    suboptions: *login
  sites:
    description: The names that users and the clouds use.
    type: dict
    required: true
    suboptions:
      zone: {description: The hosted zone of Route 53., type: str, required: true}
      www_domain:
        description: The name that shows the maintenance page when the primary is gone.
        type: str
        required: true
      dr_domain:
        description: The name that shows the application from whichever site is active.
        type: str
        required: true
      alb_dns_name: {description: The primary's load balancer., type: str, required: true}
      resolvers:
        description: DNS servers that answer as those of the users do.
        type: list
        elements: str
        default: []
      ca_bundle:
        description: PEM file of the authorities to verify the sites with. Without it, the host's own.
        type: path
  storage:
    description: What lies where in Azure Blob.
    type: dict
    required: true
    suboptions:
      account_url: {description: The account as this controller reaches it., type: str, required: true}
      domain: {description: The same account as CloudFront and Route 53's checkers reach it., type: str, required: true}
      backup_container: {description: Container of the backups., type: str, required: true}
      backup_prefix: {description: Folder of the primary's backups in it., type: str, default: ""}
      backup_keys:
        description: Keys that encrypted backups may be opened with. Looked at is whether the newest one's is there.
        type: list
        elements: str
        default: []
      backup_must_be_encrypted: {description: Whether a restore refuses others., type: bool, default: false}
      heartbeat_container: {description: Container of the primary's heartbeat., type: str, default: heartbeat}
      page_container: {description: Container of the maintenance page., type: str, required: true}
      switch_container: {description: Container of the switch object., type: str, required: true}
      control_container:
        description: Container of the lock and of the last drill's record. Needed with O(intent=status).
        type: str
      certificate_container:
        description: Container of the certificate that the machine shows. Looked at with O(machine.https_port).
        type: str
        default: certificates
      release_container: {description: Container of the releases., type: str, required: true}
      release_blob: {description: The WAR in it., type: str, required: true}
      release_sha256: {description: The SHA-256 that the WAR must have., type: str, required: true}
  release:
    description: How the release will be run, and what data it wants.
    type: dict
    default: {}
    suboptions:
      war_api:
        description: What the inventory says that the WAR was built for, as C(application_war_api).
        type: str
        choices: [javax, jakarta]
        default: javax
      tomcat_package:
        description: The Tomcat that it gets, as C(application_tomcat_package). V(auto) is told by the machine's image.
        type: str
        default: auto
      schema_version:
        description:
          - The version that Flyway has to have noted in the data. It is compared with the newest backup's, as
            M(goupang.dr.mysql_backup) found it. Without it nothing is compared.
        type: str
  stack:
    description: What provision.yml built in AWS.
    type: dict
    required: true
    suboptions:
      health_check_ids:
        description: Ids of the health checks by name, as C(dr_health_check_ids).
        type: dict
        default: {}
      distribution_domains:
        description: CloudFront's own names of the distributions V(www) and V(dr), as C(dr_distribution_domains).
        type: dict
        default: {}
      interval: {description: Seconds between two questions of Route 53's checkers., type: int, default: 10}
      threshold: {description: How many failures in a row decide., type: int, default: 3}
      automatic:
        description: Whether users may be moved to a secondary that no runbook has opened.
        type: bool
        default: false
      edge_secret:
        description: What the distribution of dr has to tell the machine, in the header C(X-Goupang-DR-Edge).
        type: str
  machine:
    description: The machine in Azure, as M(goupang.dr.azure_dr_vm) would build it.
    type: dict
    required: true
    suboptions:
      name: {description: Its name., type: str, required: true}
      resource_group: {description: Its resource group., type: str, required: true}
      location: {description: Its region., type: str, required: true}
      size: {description: The size that is tried first., type: str, required: true}
      size_fallbacks: {description: Sizes that are tried after it., type: list, elements: str, default: []}
      image:
        description: V(publisher), V(offer), V(sku) and V(version) of a marketplace image, or the V(id) of another.
        type: dict
        required: true
      subnet_id: {description: Id of its subnet., type: str, required: true}
      security_group_id: {description: Id of its network security group., type: str}
      fqdn: {description: The name that CloudFront's origin uses., type: str, required: true}
      http_port: {description: The port that CloudFront asks there., type: int, default: 80}
      https_port: {description: "The port that it asks there with TLS instead; 0 is none.", type: int, default: 0}
      https_name: {description: The name that it then asks by., type: str}
      ssh_private_key_file: {description: Private key with which the controller enters it., type: path, required: true}
      ssh_public_key_file: {description: "The public half, with which it is built.", type: path, required: true}
      operator_address:
        description: The address from which this controller reaches Azure, to compare with the security groups' rules.
        type: str
      temporary_ssh_rule:
        description: Whether each run lets that address in by M(goupang.dr.azure_ssh_rule).
        type: bool
        default: false
      database_rests:
        description: Whether the secondary's database is stopped in peace, so that whoever needs it starts it first.
        type: bool
        default: false
      database_host:
        description:
          - Where the secondary's database is, V(flexible) in a server of Azure Database for MySQL, or V(on_vm) on this
            machine, whose absence then explains its silence.
        type: str
        choices: [flexible, on_vm]
        default: flexible
  bastion:
    description:
      - The SSH host beside the primary. The primary's database is asked through it, by C(ssh -W), so its C(sshd_config)
        must not forbid C(AllowTcpForwarding). Nothing is installed there.
    type: dict
    default: {}
    suboptions:
      host: {description: Its name or address., type: str}
      port: {description: Its port of SSH., type: int, default: 22}
      user: {description: Whom to log in as., type: str}
      private_key_file: {description: The private key to log in with., type: path}
      arguments: {description: "Further arguments of C(ssh), as C(ansible_ssh_common_args).", type: str}
requirements:
  - azure-identity
  - azure-storage-blob
  - boto3 >= 1.28.0
  - dnspython >= 2.3.0
  - PyMySQL >= 1.1.0
attributes:
  check_mode:
    description: Looks all the same, and does not write O(report).
    support: full
  diff_mode:
    description: There is never a change to show.
    support: none
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: Ask everything that a failover stands on
  goupang.dr.dr_readiness:
    intent: preflight
    application: petclinic
    schema: petclinic
    aws: "{{ dr_aws_login }}"
    azure: "{{ dr_azure_login }}"
    primary_database: "{{ dr_primary_database }}"
    secondary_database: "{{ dr_secondary_database }}"
    sites:
      zone: petclinic.example.com
      www_domain: www.petclinic.example.com
      dr_domain: dr.petclinic.example.com
      alb_dns_name: petclinic-1234567890.ap-northeast-2.elb.amazonaws.com
      resolvers: [1.1.1.1, 8.8.8.8]
    storage:
      account_url: https://petclinicdr.blob.core.windows.net
      domain: petclinicdr.blob.core.windows.net
      backup_container: mysql-backup
      backup_prefix: primary/
      page_container: maintenance
      switch_container: switch
      release_container: releases
      release_blob: petclinic-1.0.0.war
      release_sha256: "{{ dr_release_sha256 }}"
    stack:
      health_check_ids: "{{ dr_health_check_ids }}"
      distribution_domains: "{{ dr_distribution_domains }}"
    machine:
      name: vm-petclinic-dr
      resource_group: rg-petclinic-dr
      location: koreacentral
      size: Standard_D2s_v5
      size_fallbacks: [Standard_D2as_v5]
      image: "{{ dr_machine_image }}"
      subnet_id: "{{ dr_machine_subnet_id }}"
      security_group_id: "{{ dr_machine_security_group_id }}"
      fqdn: petclinic-dr.a1b2c3d4e5f6a7b8.koreacentral.cloudapp.azure.com
      http_port: 8080
      ssh_private_key_file: ~/.ssh/petclinic-dr
      ssh_public_key_file: ~/.ssh/petclinic-dr.pub
    bastion:
      host: 203.0.113.10
      user: ec2-user
      private_key_file: ~/.ssh/petclinic-bastion
  register: readiness

- name: Nothing says no
  ansible.builtin.assert:
    that: readiness.blocking == []
    fail_msg: "{{ readiness.blocking | join(' ') }}"
"""

RETURN = r"""
verdict:
  description: V(no go) when a line blocks O(intent), else V(go).
  returned: success
  type: str
lines:
  description: What was found, in the order of the screen.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description: What was looked at.
      type: str
    level:
      description: V(ok), V(warn) or V(no).
      type: str
    what:
      description: What was found, in a sentence.
      type: str
    fix:
      description: How to put it right; empty where nothing has to be.
      type: str
    known:
      description: Whether the answer is known. What is not known is V(warn).
      type: bool
    blocks:
      description: Whether it keeps O(intent) from running.
      type: bool
    details:
      description:
        - The same for programs, where there is more to say than a sentence holds; else empty.
        - Of V(loss) C(rows), by how much each table differs from the C(backup) that began at C(since); C(transactions)
          since then, or null; and C(not_counted), tables that were too large to be counted, or are gone. C(by) is
          V(count), or V(heartbeat) where the primary was silent; then C(estimate) is true, and C(heartbeat) its time.
      type: dict
  sample:
    - check: cloudfront www
      level: "no"
      what: "E1EXAMPLE: its origin is petclinic2025.blob.core.windows.net (the storage account is
        petclinicdr.blob.core.windows.net)"
      fix: If petclinicdr.blob.core.windows.net is right, run provision.yml, which sets the origin; else correct the
        inventory.
      known: true
      blocks: true
      details: {}
active:
  description:
    - Who serves the users of dr, V(primary), V(secondary) or V(nobody); V(secondary) as soon as one resolver says so.
    - Null where O(intent) does not want to know.
  returned: success
  type: str
  sample: primary
primary_mark:
  description:
    - Whether a mark closes the primary, V(open) or V(closed); V(busy) where Blob should be asked again, V(unknown)
      where it does not answer.
    - Null where O(intent) does not want to know.
  returned: success
  type: str
  sample: open
last_flip:
  description:
    - Where users were sent last (C(to)), when (C(at)), and C(seconds_ago).
    - Null where they never were, where neither the switch nor the latch tells, and where O(intent) moves nobody.
  returned: success
  type: dict
  sample:
    to: on_secondary
    at: "2026-11-24T10:42:05Z"
    seconds_ago: 95
last_flip_told_by:
  description: Which of V(switch) and V(latch) could be asked when users were moved last.
  returned: success
  type: list
  elements: str
  sample: [switch, latch]
blocking:
  description: The lines that block, as sentences.
  returned: success
  type: list
  elements: str
screen:
  description: All lines as texts, after a headline.
  returned: success
  type: list
  elements: str
short:
  description: The headline, what is not ok, and the facts that a decision needs.
  returned: success
  type: list
  elements: str
facts:
  description:
    - What was found as numbers, names and times, for M(goupang.dr.dr_status) and whoever else computes with it.
    - What is C(null) either is not there, or C(unknown) says why it is not known.
  returned: when O(intent=status)
  type: dict
  contains:
    time: {description: "When it was found, ISO 8601 in UTC.", type: str}
    active: {description: "V(primary), V(secondary), V(nobody) or V(both), by what users of dr get.", type: str}
    machine:
      description: The machine's C(state) (V(absent) or Azure's word, as V(running) and V(deallocated)) and C(size).
      type: dict
    billed: {description: "Of V(machine), V(disk) and V(address), what stands there and is billed.", type: list}
    database_host: {description: "Where the secondary's database is, as O(machine.database_host).", type: str}
    database_answers:
      description: Whether the secondary's database runs; V(false) where it rests in peace.
      type: bool
    backup: {description: "The newest valid backup: C(id), C(started), C(finished), C(bytes).", type: dict}
    proof: {description: "The last restore on trial: C(backup_id), C(at), C(seconds).", type: dict}
    rpo_seconds:
      description:
        - Seconds of writes that a failover without the primary would lose now, as the line C(loss) says.
        - V(0) once the secondary was opened, unless the primary was backed up after that.
      type: float
    certificates: {description: "Of each certificate its C(name) and when it C(ends).", type: list}
    lock: {description: "Whether it is C(held), and by which C(owner), for which C(intent), C(since) when.", type: dict}
    drill: {description: "The last drill's record, as M(goupang.dr.dr_drill_record) wrote it.", type: dict}
    unknown: {description: "Name of a fact -> why it is not known.", type: dict}
seconds:
  description: How long it took.
  returned: success
  type: float
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import (
    _checks,
    _checks_moved,
    _checks_spec,
    _clouds,
    _facts,
    _readiness,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock


def main() -> None:
    module = AnsibleModule(
        argument_spec=_checks_spec.ARGUMENT_SPEC,
        supports_check_mode=True,
    )
    clock, params = Clock(), module.params
    began = clock.now()
    subject, clouds = _checks.Subject(params), _clouds.Clouds(params)
    with_facts = params["intent"] == _facts.INTENT
    more = _facts.questions(subject, clouds) if with_facts else _checks_moved.questions(subject, clouds, clock)
    try:
        looked = _checks.look(subject, clouds, clock, more)
    except DrError as error:
        module.fail_json(msg=str(error))
    found = _readiness.answer(params["intent"], looked.lines, clock.now() - began)
    found.update(active=looked.active, primary_mark=looked.primary_mark)
    found["last_flip"] = _checks_moved.last_flip(looked.answers, _readiness.now())
    found["last_flip_told_by"] = _checks_moved.told_by(looked.answers)
    if with_facts:
        found["facts"] = _facts.facts(subject, looked.answers, _readiness.now())
    if params["report"] and not module.check_mode:
        try:
            _readiness.write_report(params["report"], params["intent"], found)
        except OSError as error:
            module.warn(f"The report {params['report']} cannot be written: {error.strerror}.")
    module.exit_json(**found)


if __name__ == "__main__":
    main()
