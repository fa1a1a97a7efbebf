# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the options of dr_readiness, which its documentation describes."""

from __future__ import annotations

import typing as t

from ansible_collections.goupang.dr.plugins.module_utils import _aws, _azure, _mysql

Spec = dict[str, dict[str, t.Any]]

TEXT = {"type": "str", "required": True}
SITES: Spec = {
    "zone": TEXT,
    "www_domain": TEXT,
    "dr_domain": TEXT,
    "alb_dns_name": TEXT,
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "ca_bundle": {"type": "path"},
}
STORAGE: Spec = {
    "account_url": TEXT,
    "domain": TEXT,
    "backup_container": TEXT,
    "backup_prefix": {"type": "str", "default": ""},
    "backup_keys": {"type": "list", "elements": "str", "default": [], "no_log": True},
    "backup_must_be_encrypted": {"type": "bool", "default": False},
    "heartbeat_container": {"type": "str", "default": "heartbeat"},
    "page_container": TEXT,
    "switch_container": TEXT,
    "control_container": {"type": "str"},
    "certificate_container": {"type": "str", "default": "certificates"},
    "release_container": TEXT,
    "release_blob": TEXT,
    "release_sha256": TEXT,
}
RELEASE: Spec = {
    "war_api": {"type": "str", "choices": ["javax", "jakarta"], "default": "javax"},
    "tomcat_package": {"type": "str", "default": "auto"},
    "schema_version": {"type": "str"},
}
STACK: Spec = {
    "health_check_ids": {"type": "dict", "default": {}},
    "distribution_domains": {"type": "dict", "default": {}},
    "interval": {"type": "int", "default": 10},
    "threshold": {"type": "int", "default": 3},
    "automatic": {"type": "bool", "default": False},
    "edge_secret": {"type": "str", "no_log": True},
}
MACHINE: Spec = {
    "name": TEXT,
    "resource_group": TEXT,
    "location": TEXT,
    "size": TEXT,
    "size_fallbacks": {"type": "list", "elements": "str", "default": []},
    "image": {"type": "dict", "required": True},
    "subnet_id": TEXT,
    "security_group_id": {"type": "str"},
    "fqdn": TEXT,
    "http_port": {"type": "int", "default": 80},
    "https_port": {"type": "int", "default": 0},
    "https_name": {"type": "str"},
    # Names of files are no secret.
    "ssh_private_key_file": {"type": "path", "required": True, "no_log": False},
    "ssh_public_key_file": {"type": "path", "required": True, "no_log": False},
    "operator_address": {"type": "str"},
    "temporary_ssh_rule": {"type": "bool", "default": False},
    "database_rests": {"type": "bool", "default": False},
    "database_host": {"type": "str", "choices": ["flexible", "on_vm"], "default": "flexible"},
}
BASTION: Spec = {
    "host": {"type": "str"},
    "port": {"type": "int", "default": 22},
    "user": {"type": "str"},
    "private_key_file": {"type": "path", "no_log": False},
    "arguments": {"type": "str"},
}


def of(options: Spec, **more: t.Any) -> dict[str, t.Any]:
    """A dict option with these options of its own."""
    return {"type": "dict", "options": options, **(more or {"required": True})}


ARGUMENT_SPEC: Spec = {
    "intent": TEXT,
    "budget": {"type": "int", "default": 15},
    "report": {"type": "path"},
    "application": TEXT,
    "schema": TEXT,
    "aws": of(_aws.ARGUMENT_SPEC),
    "azure": of(_azure.AUTH_SPEC),
    "primary_database": of(_mysql.ARGUMENT_SPEC),
    "secondary_database": of(_mysql.ARGUMENT_SPEC),
    "sites": of(SITES),
    "storage": of(STORAGE),
    "release": of(RELEASE, default={}),
    "stack": of(STACK),
    "machine": of(MACHINE),
    "bastion": of(BASTION, default={}),
}
