from __future__ import annotations

import typing as t

from lab.edge.distributions import (
    ALL_VIEWER,
    Behaviour,
    Distribution,
    ErrorPage,
    Header,
    Origin,
    custom_headers,
    parse,
)

ITEM: dict[str, t.Any] = {
    "Id": "E1",
    "DomainName": "D1.cloudfront.net",
    "DistributionConfig": {
        "Aliases": {"Quantity": 1, "Items": ["WWW.petclinic.lab"]},
        "DefaultRootObject": "/index.html",
        "Origins": {
            "Items": [
                {
                    "Id": "page",
                    "DomainName": "drstorage.blob.azure.lab",
                    "OriginPath": "/maintenance",
                    "ConnectionTimeout": 2,
                    "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Key", "HeaderValue": "1"}]},
                    "CustomOriginConfig": {
                        "HTTPPort": 80,
                        "HTTPSPort": 8443,
                        "OriginProtocolPolicy": "https-only",
                        "OriginReadTimeout": 5,
                    },
                }
            ]
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "page",
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": {"Items": ["POST", "GET", "HEAD"]},
            "OriginRequestPolicyId": ALL_VIEWER,
            "ResponseHeadersPolicyId": "P1",
        },
        "CacheBehaviors": {
            "Quantity": 1,
            "Items": [{"TargetOriginId": "page", "PathPattern": "/x/*", "ViewerProtocolPolicy": "allow-all"}],
        },
        "CustomErrorResponses": {
            "Quantity": 2,
            "Items": [
                {"ErrorCode": 404, "ResponseCode": "503", "ResponsePagePath": "/index.html"},
                {"ErrorCode": 500, "ResponseCode": "", "ResponsePagePath": ""},
            ],
        },
    },
}
RETRY = Header("Retry-After", "120", True)


def test_a_distribution_as_values() -> None:
    origin = Origin(
        id="page",
        domain="drstorage.blob.azure.lab",
        path="/maintenance",
        https_port=8443,
        connect_timeout=2,
        read_timeout=5,
        headers=(("X-Key", "1"),),
    )
    default = Behaviour(
        origin,
        viewer_protocol="redirect-to-https",
        methods=("GET", "HEAD", "POST"),
        passes_query=True,
        passes_host=True,
        headers=(RETRY,),
    )
    assert parse(ITEM, {"P1": (RETRY,)}) == Distribution(
        id="E1",
        domain="d1.cloudfront.net",
        aliases=("www.petclinic.lab",),
        behaviours=(Behaviour(origin, pattern="/x/*"), default),
        error_pages=(ErrorPage(404, 503, "/index.html"), ErrorPage(500)),
        root_object="index.html",
    )


def test_the_headers_of_a_policy() -> None:
    custom = {"Items": [{"Header": "Retry-After", "Value": "120", "Override": True}]}
    assert custom_headers({"ResponseHeadersPolicyConfig": {"CustomHeadersConfig": custom}}) == (RETRY,)
    assert custom_headers({"ResponseHeadersPolicyConfig": {"Name": "none"}}) == ()
