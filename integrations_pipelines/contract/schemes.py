"""The signature schemes of the third parties we know, as data. Facts and sources: docs/reference/webhook-schemes.md."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from integrations_pipelines.contract.signatures import (
    BasicLogin,
    Carried,
    FirstOf,
    Scheme,
    SharedToken,
    Signature,
    Timestamp,
)

GITHUB = Signature(at=Carried(header="x-hub-signature-256", prefix="sha256="))
STRIPE = Signature(
    at=Carried(header="stripe-signature", prefix="v1=", separator=","),
    signed="{timestamp}.{body}",
    timestamp=Timestamp(at=Carried(header="stripe-signature", prefix="t=", separator=",")),
)
SLACK = Signature(
    at=Carried(header="x-slack-signature", prefix="v0="),
    signed="v0:{timestamp}:{body}",
    timestamp=Timestamp(at=Carried(header="x-slack-request-timestamp")),
)
# The order of today's page. An older capture had the body first (docs/reference/webhook-schemes.md): never accepted.
ZENDESK = Signature(
    at=Carried(header="x-zendesk-webhook-signature"),
    encoding="base64",
    signed="{timestamp}{body}",
    timestamp=Timestamp(at=Carried(header="x-zendesk-webhook-signature-timestamp"), unit="iso"),
)
HUBSPOT_V3 = Signature(
    at=Carried(header="x-hubspot-signature-v3"),
    encoding="base64",
    signed="{method}{url}{body}{timestamp}",
    timestamp=Timestamp(at=Carried(header="x-hubspot-request-timestamp"), unit="milliseconds"),
    url_decoded=("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B"),
)
# For old subscriptions: plain digests, without a time. A connector that can have v3 does not name them.
HUBSPOT_V1 = Signature(at=Carried(header="x-hubspot-signature"), algorithm="sha256", signed="{secret}{body}")
HUBSPOT_V2 = Signature(
    at=Carried(header="x-hubspot-signature"), algorithm="sha256", signed="{secret}{method}{url}{body}"
)
SHOPIFY = FirstOf(
    schemes=(
        Signature(at=Carried(header="x-shopify-hmac-sha256"), encoding="base64"),
        # The newer "events" family.
        Signature(at=Carried(header="shopify-hmac-sha256"), encoding="base64"),
    )
)
SHOPIFY_CALLBACK = Signature(
    at=Carried(parameter="hmac"),
    signed="{query}",
    timestamp=Timestamp(at=Carried(parameter="timestamp"), tolerance=timedelta(seconds=90)),
)
INTERCOM = Signature(at=Carried(header="x-hub-signature", prefix="sha1="), algorithm="hmac-sha1")
# W3C WebSub, as Jira and Bitbucket do it.
WEBSUB = Signature(at=Carried(header="x-hub-signature", prefix="sha256="))
STANDARD_V1 = Signature(
    at=Carried(header="webhook-signature", prefix="v1,", separator=" "),
    encoding="base64",
    signed="{id}.{timestamp}.{body}",
    timestamp=Timestamp(at=Carried(header="webhook-timestamp")),
    id=Carried(header="webhook-id"),
    key_prefix="whsec_",
    key_encoding="base64",
)
STANDARD_V1A = Signature(
    at=Carried(header="webhook-signature", prefix="v1a,", separator=" "),
    algorithm="ed25519",
    encoding="base64",
    signed="{id}.{timestamp}.{body}",
    timestamp=Timestamp(at=Carried(header="webhook-timestamp")),
    id=Carried(header="webhook-id"),
    key_prefix="whpk_",
    key_encoding="base64",
)
STANDARD_WEBHOOKS = FirstOf(schemes=(STANDARD_V1, STANDARD_V1A))


def _svix(scheme: Signature) -> Signature:
    """The same under Svix's own header names."""
    from dataclasses import replace

    return replace(
        scheme,
        at=replace(scheme.at, header="svix-signature"),
        timestamp=Timestamp(at=Carried(header="svix-timestamp")),
        id=Carried(header="svix-id"),
    )


SVIX = FirstOf(schemes=(_svix(STANDARD_V1), _svix(STANDARD_V1A), STANDARD_V1, STANDARD_V1A))
GITLAB = FirstOf(schemes=(STANDARD_V1, SharedToken(at=Carried(header="x-gitlab-token"))))
LINEAR = Signature(
    at=Carried(header="linear-signature"),
    # Linear tries again after 1 min, 1 h and 6 h, and may not stamp anew: its library's 60 s would lose those. What is
    # replayed within the window is a duplicate (same body) and changes nothing.
    timestamp=Timestamp(body="webhookTimestamp", unit="milliseconds", tolerance=timedelta(hours=8)),
)
PAGERDUTY = Signature(at=Carried(header="x-pagerduty-signature", prefix="v1=", separator=","))
ASANA = Signature(at=Carried(header="x-hook-signature"))
TYPEFORM = Signature(at=Carried(header="typeform-signature", prefix="sha256="), encoding="base64")
BASIC = BasicLogin()
SHARED_HEADER = SharedToken(at=Carried(header="x-webhook-token"))

SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "github": GITHUB,
        "stripe": STRIPE,
        "slack": SLACK,
        "zendesk": ZENDESK,
        "hubspot-v3": HUBSPOT_V3,
        "hubspot-v2": HUBSPOT_V2,
        "hubspot-v1": HUBSPOT_V1,
        "shopify": SHOPIFY,
        "intercom": INTERCOM,
        "jira": WEBSUB,
        "bitbucket": WEBSUB,
        "websub": WEBSUB,
        "gitlab": GITLAB,
        "linear": LINEAR,
        "pagerduty": PAGERDUTY,
        "asana": ASANA,
        "typeform": TYPEFORM,
        "pipedrive": BASIC,
        "freshdesk": FirstOf(schemes=(SHARED_HEADER, BASIC)),
        "basic": BASIC,
        "shared-header": SHARED_HEADER,
        "standard-webhooks": STANDARD_WEBHOOKS,
        "svix": SVIX,
    }
)
"""By the name that a source system's ``webhook.scheme`` or a manifest may give."""
