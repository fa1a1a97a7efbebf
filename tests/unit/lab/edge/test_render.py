from __future__ import annotations

import re
import typing as t
from dataclasses import replace

import pytest

from lab.edge.distributions import Behaviour, Distribution, ErrorPage, Header, Origin
from lab.edge.render import configuration, initial
from lab.facts import Facts

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
BLOB = Origin("page", "drstorage.blob.azure.lab", "/maintenance", connect_timeout=2, read_timeout=5)
VM = Origin("vm", "dr.koreacentral.cloudapp.azure.lab", protocol="http-only", http_port=8080)
PAGES = tuple(ErrorPage(code, 503, "/index.html") for code in (400, 403, 404, 405))
HEADERS = (Header("Retry-After", "120", True), Header("X-Site", "page", False))
WWW = Distribution(
    "E1", "d1.cloudfront.net", ("www.petclinic.lab",), (Behaviour(BLOB, methods=METHODS, headers=HEADERS),), PAGES
)
DR = Distribution(
    "E2",
    "d2.cloudfront.net",
    ("dr.petclinic.lab",),
    (Behaviour(VM, methods=METHODS, passes_query=True, passes_host=True),),
)


def facts() -> Facts:
    values: dict[str, t.Any] = dict.fromkeys(Facts.__dataclass_fields__, "")
    return Facts(**{**values, "addresses": {"dns": "192.0.2.2"}, "names": {}})


def render(*distributions: Distribution) -> str:
    return configuration(distributions, facts())


def block(text: str, head: str) -> str:
    """The block of nginx's configuration that begins with a head, by its indentation."""
    found = re.search(rf"^( *){re.escape(head)} \{{\n(.*?)^\1\}}$", text, re.MULTILINE | re.DOTALL)
    assert found, f"no {head} in:\n{text}"
    return found[2]


def test_without_distributions_every_name_is_refused() -> None:
    text = initial(facts())
    assert text == render()
    assert text.count("server {") == 1
    assert "return 403" in text
    assert "listen 443 ssl default_server;" in text


def test_a_distribution_is_chosen_by_its_own_and_its_alternate_names() -> None:
    assert "server_name d1.cloudfront.net www.petclinic.lab;" in render(WWW)


def test_the_order_of_distributions_changes_nothing() -> None:
    assert render(WWW, DR) == render(DR, WWW)


def test_origins_are_resolved_while_it_runs() -> None:
    text = render(WWW, DR)
    assert "resolver 192.0.2.2 valid=1s ipv6=off;" in text
    assert "proxy_pass https://$origin:443/maintenance$path;" in text
    assert "proxy_pass http://$origin:8080$path;" in text


def test_timeouts_are_the_origins_own() -> None:
    location = block(render(WWW), "location /")
    assert "proxy_connect_timeout 2s;" in location
    assert "proxy_read_timeout 5s;" in location


def test_the_origin_sees_its_own_name_unless_the_policy_passes_the_viewers() -> None:
    assert "proxy_set_header Host drstorage.blob.azure.lab;" in block(render(WWW), "location /")
    assert "proxy_set_header Host $http_host;" in block(render(DR), "location /")


def test_an_origin_asked_with_tls_has_to_show_its_own_name_whatever_the_viewer_asked_for() -> None:
    origin = replace(VM, domain="origin.petclinic.lab", protocol="https-only", https_port=8443)
    text = render(replace(DR, behaviours=(replace(DR.default, origin=origin),)))
    location = block(text, "location /")
    assert "proxy_pass https://$origin:8443$path;" in location
    assert "proxy_ssl_name origin.petclinic.lab;" in location
    assert "proxy_set_header Host $http_host;" in location
    assert "proxy_ssl_verify on;" in text


def test_query_and_cookies_are_passed_only_by_a_policy() -> None:
    location = block(render(WWW), "location /")
    assert "set $path $request_path;" in location
    assert 'proxy_set_header Cookie "";' in location
    location = block(render(DR), "location /")
    assert "set $path $request_uri;" in location
    assert "Cookie" not in location


def test_request_headers_are_cloudfronts() -> None:
    location = block(render(DR), "location /")
    assert 'proxy_set_header X-Forwarded-Proto "";' in location
    assert "proxy_set_header CloudFront-Forwarded-Proto $scheme;" in location
    assert 'proxy_set_header Via "1.1 d2.cloudfront.net (CloudFront)";' in location


def test_other_methods_are_refused() -> None:
    reading = replace(WWW, behaviours=(replace(WWW.default, methods=("GET", "HEAD")),))
    assert "if ($request_method !~ ^(GET|HEAD)$) {\n                return 403;" in block(render(reading), "location /")


def test_error_pages_are_fetched_by_get_and_answered_with_their_own_code() -> None:
    text = render(WWW)
    for code in (400, 403, 404, 405):
        assert f"error_page {code} =503 @error_{code};" in text
        page = block(text, f"location @error_{code}")
        assert "proxy_method GET;" in page
        assert "proxy_pass_request_body off;" in page
        assert 'set $path "/index.html";' in page
        assert 'add_header Retry-After "120" always;' in page
    assert "proxy_intercept_errors on;" in text


def test_an_error_without_a_page_is_passed_on() -> None:
    text = render(replace(WWW, error_pages=(ErrorPage(404),)))
    assert "error_page" not in text
    assert "proxy_intercept_errors" not in text


def test_a_header_that_overrides_hides_the_origins() -> None:
    location = block(render(WWW), "location /")
    assert 'proxy_hide_header Retry-After;\n            add_header Retry-After "120" always;' in location


def test_a_header_that_does_not_override_yields_to_the_origins() -> None:
    text = render(WWW)
    assert "proxy_hide_header X-Site" not in text
    assert '"" "page";' in block(text, "map $upstream_http_x_site $add_e1_0_1")
    assert "add_header X-Site $add_e1_0_1 always;" in text


def test_path_patterns_come_before_the_default() -> None:
    images = Behaviour(VM, pattern="/img/*.p?g")
    text = render(replace(WWW, behaviours=(images, WWW.default)))
    assert r'location ~ "^/img/.*\.p.g$" {' in text
    assert text.index("location ~") < text.index(
        "location / {\n            add_header X-Cache $x_cache always;\n            add_header Via"
    )


def test_viewers_are_sent_to_https_where_they_must() -> None:
    secure = replace(DR, behaviours=(replace(DR.default, viewer_protocol="redirect-to-https"),))
    assert "return 301 https://$host$request_uri;" in render(secure)
    assert "return 301" not in render(DR)


def test_the_root_object_answers_the_root() -> None:
    assert 'set $path "/start.html"$is_args$args;' in render(replace(DR, root_object="start.html"))


def test_a_dollar_sign_is_text() -> None:
    header = Header("X-Price", '5$ "net" \\', True)
    text = render(replace(WWW, behaviours=(replace(WWW.default, headers=(header,)),)))
    assert r'add_header X-Price "5${dollar} \"net\" \\" always;' in text


@pytest.mark.parametrize(
    "distribution",
    [
        replace(WWW, aliases=("www.lab; return 200",)),
        replace(WWW, behaviours=(replace(WWW.default, origin=replace(BLOB, domain="a b")),)),
        replace(WWW, behaviours=(replace(WWW.default, origin=replace(BLOB, path="/x;")),)),
        replace(WWW, behaviours=(replace(WWW.default, headers=(Header("X Y", "1", True),)),)),
        replace(WWW, behaviours=(replace(WWW.default, headers=(Header("X-Y", "1\n2", True),)),)),
        replace(WWW, error_pages=(ErrorPage(404, 503, "/a\nb"),)),
        replace(WWW, behaviours=(replace(WWW.default, pattern='/a"b'), WWW.default)),
    ],
)
def test_nothing_escapes_from_its_directive(distribution: Distribution) -> None:
    with pytest.raises(ValueError, match=r"is not a|has characters"):
        render(distribution)
