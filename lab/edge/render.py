"""nginx.conf from distributions: a pure function, so that what CloudFront does can be read and tested as text."""

from __future__ import annotations

import re
import typing as t

from lab.edge.distributions import Behaviour, Distribution, ErrorPage
from lab.facts import Facts

# The folder of lab.edge as the container sees it.
MOUNT = "/etc/nginx/lab"

HEAD = """\
# Written by lab.edge from the distributions in CloudFront's API; changes here are lost.
worker_processes 1;
error_log stderr warn;
pid /run/nginx-edge.pid;
events {{
    worker_connections 512;
}}
http {{
    default_type text/html;
    access_log off;
    server_tokens off;
    server_names_hash_bucket_size 256;
    client_max_body_size 64m;
    # Names are resolved per request: an origin that has no address yet must not stop the edge.
    resolver {dns} valid=1s ipv6=off;
    resolver_timeout 2s;
    ssl_certificate {mount}/edge.pem;
    ssl_certificate_key {mount}/edge.key;
    proxy_http_version 1.1;
    proxy_next_upstream off;
    proxy_ssl_server_name on;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 3;
    proxy_ssl_trusted_certificate {mount}/ca.pem;
    # A dollar sign in a setting is text; nginx has no other way to write one.
    geo $dollar {{
        default "$";
    }}
    map $request_uri $request_path {{
        "~^(?<before_query>[^?]*)" $before_query;
    }}
    map $status $x_cache {{
        ~^[45] "Error from cloudfront";
        default "Miss from cloudfront";
    }}
    # A name that no distribution carries.
    server {{
        listen 80 default_server;
        listen 443 ssl default_server;
        server_name _;
        add_header X-Cache $x_cache always;
        return 403 "ERROR: The request could not be satisfied. No distribution carries this name.\\n";
    }}
"""

# CloudFront strips the viewer's X-Forwarded-Proto and says it under a name of its own.
REQUEST_HEADERS = """\
            proxy_set_header X-Forwarded-Proto "";
            proxy_set_header CloudFront-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header Via "1.1 {domain} (CloudFront)";
            proxy_set_header X-Amz-Cf-Id $request_id;
            proxy_set_header Connection "";
"""


def initial(lab: Facts) -> str:
    """The configuration before any distribution is known: every name is refused."""
    return configuration((), lab)


def configuration(distributions: t.Sequence[Distribution], lab: Facts) -> str:
    """The whole nginx.conf. The order of distributions does not change the result."""
    ordered = sorted(distributions, key=lambda one: one.id)
    parts = [HEAD.format(dns=lab.addresses["dns"], mount=MOUNT)]
    parts += [_server(one) for one in ordered]
    return "".join(parts) + "}\n"


def _server(distribution: Distribution) -> str:
    names = " ".join(_name(name) for name in (distribution.domain, *distribution.aliases))
    pages = [page for page in distribution.error_pages if page.page]
    lines = [
        _additions(distribution),
        "    server {\n",
        "        listen 80;\n        listen 443 ssl;\n",
        f"        server_name {names};\n",
        "        proxy_intercept_errors on;\n" if pages else "",
        *(f"        error_page {page.code} ={page.response or page.code} @error_{page.code};\n" for page in pages),
        *(_location(distribution, number) for number in range(len(distribution.behaviours))),
        *(_error_location(distribution, page) for page in pages),
        "    }\n",
    ]
    return "".join(lines)


def _location(distribution: Distribution, number: int) -> str:
    behaviour = distribution.behaviours[number]
    match = f'~ "^{_regex(behaviour.pattern)}$"' if behaviour.pattern else "/"
    methods = "|".join(_token(method) for method in behaviour.methods)
    root = distribution.root_object
    lines = [
        f"        location {match} {{\n",
        *_response_headers(distribution, number),
        f"            if ($request_method !~ ^({methods})$) {{\n                return 403;\n            }}\n",
        _viewer_protocol(behaviour),
        f"            set $path {'$request_uri' if behaviour.passes_query else '$request_path'};\n",
        f"            if ($uri = /) {{\n                set $path {_quoted('/' + root)}$is_args$args;\n            }}\n"
        if root and not behaviour.pattern
        else "",
        _proxy(distribution, behaviour, "$path"),
        "        }\n",
    ]
    return "".join(lines)


def _error_location(distribution: Distribution, page: ErrorPage) -> str:
    """CloudFront fetches the page by GET from the origin of the behaviour that its path belongs to."""
    number = next(
        number
        for number, one in enumerate(distribution.behaviours)
        if not one.pattern or re.fullmatch(_regex(one.pattern), page.page)
    )
    lines = [
        f"        location @error_{page.code} {{\n",
        *_response_headers(distribution, number),
        "            proxy_method GET;\n",
        "            proxy_pass_request_body off;\n",
        '            proxy_set_header Content-Length "";\n',
        f"            set $path {_quoted(page.page)};\n",
        _proxy(distribution, distribution.behaviours[number], "$path"),
        "        }\n",
    ]
    return "".join(lines)


def _proxy(distribution: Distribution, behaviour: Behaviour, path: str) -> str:
    origin = behaviour.origin
    ports = {"http": origin.http_port, "https": origin.https_port}
    policies = {"http-only": "http", "https-only": "https", "match-viewer": "$scheme"}
    scheme = policies[origin.protocol]
    port: int | str = ports.get(scheme, "$server_port")
    host = "$http_host" if behaviour.passes_host else _name(origin.domain)
    lines = [
        f"            set $origin {_name(origin.domain)};\n",
        f"            proxy_connect_timeout {origin.connect_timeout}s;\n",
        f"            proxy_read_timeout {origin.read_timeout}s;\n",
        f"            proxy_ssl_name {_name(origin.domain)};\n",
        f"            proxy_set_header Host {host};\n",
        REQUEST_HEADERS.format(domain=_name(distribution.domain)),
        "" if behaviour.passes_query else '            proxy_set_header Cookie "";\n',
        *(f"            proxy_set_header {_token(name)} {_quoted(value)};\n" for name, value in origin.headers),
        f"            proxy_pass {scheme}://$origin:{port}{_path(origin.path)}{path};\n",
    ]
    return "".join(lines)


def _viewer_protocol(behaviour: Behaviour) -> str:
    answer = {
        "allow-all": "",
        "redirect-to-https": "return 301 https://$host$request_uri;",
        "https-only": "return 403;",
    }[behaviour.viewer_protocol]
    return f"            if ($scheme = http) {{\n                {answer}\n            }}\n" if answer else ""


def _response_headers(distribution: Distribution, number: int) -> list[str]:
    lines = [
        "            add_header X-Cache $x_cache always;\n",
        f'            add_header Via "1.1 {_name(distribution.domain)} (CloudFront)" always;\n',
    ]
    for position, header in enumerate(distribution.behaviours[number].headers):
        if header.override:
            lines.append(f"            proxy_hide_header {_token(header.name)};\n")
            value = _quoted(header.value)
        else:
            value = _addition(distribution, number, position)
        lines.append(f"            add_header {_token(header.name)} {value} always;\n")
    return lines


def _additions(distribution: Distribution) -> str:
    """A header that must not override: a variable that is empty, and adds nothing, where the origin sent its own."""
    lines = []
    for number, behaviour in enumerate(distribution.behaviours):
        for position, header in enumerate(behaviour.headers):
            if not header.override:
                theirs = "$upstream_http_" + _token(header.name).lower().replace("-", "_")
                lines.append(f"    map {theirs} {_addition(distribution, number, position)} {{\n")
                lines.append(f'        "" {_quoted(header.value)};\n        default "";\n    }}\n')
    return "".join(lines)


def _addition(distribution: Distribution, number: int, position: int) -> str:
    return f"$add_{distribution.id.lower()}_{number}_{position}"


def _regex(pattern: str) -> str:
    """CloudFront's path pattern: * is any text, ? is any one character."""
    text = _checked(pattern, r"[A-Za-z0-9_.*$/~@:+&?'-]+", "path pattern")
    return re.escape("/" + text.lstrip("/")).replace(r"\*", ".*").replace(r"\?", ".")


def _name(name: str) -> str:
    return _checked(name, r"[A-Za-z0-9*._-]+", "name")


def _token(name: str) -> str:
    return _checked(name, r"[A-Za-z0-9-]+", "header")


def _path(path: str) -> str:
    return _checked(path, r"[A-Za-z0-9/._~%-]*", "origin path")


def _checked(text: str, allowed: str, what: str) -> str:
    """Settings come from an API: what could end a directive must not get into the file."""
    if not re.fullmatch(allowed, text):
        raise ValueError(f"{text!r} is not a {what} that the edge can carry")
    return text


def _quoted(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{text!r} has characters that a header or path cannot carry")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "${dollar}")
    return f'"{escaped}"'
