"""Shopify Admin, over GraphQL: customers, orders, products, variants, inventory levels.

Changes are asked for by ``updated_at``, oldest first, so a listing never goes deeper than the 25,000 objects that
Shopify lets one page through. Deleted products are told by its events; customers and orders that were erased are told
by webhooks only. A request that costs too much just now is HTTP 200 with ``THROTTLED``. Orders older than 60 days need
the scope ``read_all_orders``. Ids are ``gid://shopify/Customer/123``.
Sources: https://shopify.dev/docs/api/admin-graphql (queries, pageInfo, events),
https://shopify.dev/docs/api/usage/limits ; reference/vendors.md, Shopify Admin.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from integrations_pipelines.connectors.shopify.webhooks import WEBHOOKS
from integrations_pipelines.contract import (
    ApiKey,
    BodyField,
    BodyMustLack,
    Connector,
    CostLimit,
    Credential,
    Incremental,
    Request,
    Resource,
    SecondListing,
    Setting,
    Single,
    Version,
    Window,
    WindowPart,
    graphql,
    graphql_pages,
)
from integrations_pipelines.entities.projection import Field, Link, Projection

PLACE = "shopify.com/{account}"
_QUERY = (
    "query ($first: Int!, $after: String, $query: String) {{ {list}(first: $first, after: $after, query: $query{sort}) "
    "{{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
_MONEY = "{ shopMoney { amount currencyCode } }"
_ID = {"id": "The source record id.", "legacyResourceId": "The number that webhooks and the old API use."}


def _query(name: str, fields: str, sort: str) -> Request:
    order = f", sortKey: {sort}" if sort else ""
    return graphql(_QUERY.format(list=name, fields=fields, sort=order), path="/graphql.json")


def _one(kind: str, fields: str) -> Single:
    """Ask for one object by its id; null says that there is none."""
    query = f"query ($id: ID!) {{ {kind}(id: $id) {{ {fields} }} }}"
    return Single(request=graphql(query, {"id": "{id}"}, path="/graphql.json"), record=f"data.{kind}")


def _listed(
    name: str,
    connection: str,
    entity_type: str,
    fields: str,
    attributes: Mapping[str, Field | str],
    **words: Any,
) -> Resource:
    """One connection of the API; records hold exactly the fields that are asked for."""
    return Resource(
        name=name,
        projection=Projection(
            entity_type=entity_type,
            place=PLACE,
            attributes=attributes,
            relations=words.pop("relations", {}),
        ),
        key=("id",),
        request=_query(connection, f"id {fields} updatedAt", words.pop("sort", "UPDATED_AT")),
        single=_one(connection[:-1], f"id {fields} updatedAt"),
        records=f"data.{connection}.nodes",
        pages=graphql_pages(f"data.{connection}", largest=100),
        version=Version(path="updatedAt"),
        window=WINDOW,
        ignored={**_ID, **words.pop("ignored", {})},
        poll=timedelta(minutes=10),
        **{"incremental": CHANGES, **words},
    )


def _money(name: str) -> Field:
    return Field((f"{name}.shopMoney.amount", f"{name}.shopMoney.currencyCode"), convert="money")


CHANGES = Incremental(
    into=BodyField(path="variables.query"),
    template="updated_at:>='{since}'",
    lag=timedelta(minutes=1),
    ordered=True,
)

WINDOW = Window(
    parts=(
        WindowPart(
            into=BodyField(path="variables.query"), template="updated_at:>='{from}' updated_at:<'{to}'"
        ),
    )
)

CUSTOMERS = _listed(
    "customers",
    "customers",
    "person",
    "legacyResourceId firstName lastName displayName locale createdAt defaultEmailAddress { emailAddress } "
    "defaultPhoneNumber { phoneNumber } "
    "defaultAddress { company address1 city zip province countryCodeV2 }",
    {
        "name": "displayName",
        "given_name": "firstName",
        "family_name": "lastName",
        "email": "defaultEmailAddress.emailAddress",
        "phone": "defaultPhoneNumber.phoneNumber",
        "company_name": "defaultAddress.company",
        "street": "defaultAddress.address1",
        "city": "defaultAddress.city",
        "postcode": "defaultAddress.zip",
        "state": "defaultAddress.province",
        "country": "defaultAddress.countryCodeV2",
        "language": "locale",
        "created_at": "createdAt",
        "updated_at": "updatedAt",
    },
)
ORDERS = _listed(
    "orders",
    "orders",
    "order",
    "legacyResourceId name createdAt processedAt cancelledAt displayFinancialStatus displayFulfillmentStatus tags "
    f"currentTotalPriceSet {_MONEY} currentTotalTaxSet {_MONEY} currentTotalDiscountsSet {_MONEY} "
    "customer { id } lineItems(first: 100) { nodes { variant { id } } }",
    {
        "number": "name",
        "payment_status": "displayFinancialStatus",
        "fulfillment_status": "displayFulfillmentStatus",
        "total": _money("currentTotalPriceSet"),
        "tax": _money("currentTotalTaxSet"),
        "discount": _money("currentTotalDiscountsSet"),
        "ordered_at": "processedAt|createdAt",
        "cancelled_at": "cancelledAt",
        "tags": "tags",
        "created_at": "createdAt",
        "updated_at": "updatedAt",
    },
    relations={
        "customer": Link(to="customers", key="customer.id"),
        "products": Link(to="variants", key="lineItems.nodes[*].variant.id"),
    },
)
PRODUCTS = _listed(
    "products",
    "products",
    "product",
    "legacyResourceId title descriptionHtml vendor productType status handle createdAt",
    {
        "name": "title",
        "description": "descriptionHtml",
        "brand": "vendor",
        "category": "productType",
        "created_at": "createdAt",
        "updated_at": "updatedAt",
    },
    ignored={"status": "ACTIVE, DRAFT or ARCHIVED: where it is shown.", "handle": "The end of its address."},
    deleted=SecondListing(
        request=graphql(
            "query ($first: Int!, $after: String) { events(first: $first, after: $after, "
            "query: \"action:'destroy' AND subject_type:'PRODUCT'\") { nodes { id action createdAt "
            "... on BasicEvent { subjectId } } pageInfo { hasNextPage endCursor } } }",
            path="/graphql.json",
        ),
        records="data.events.nodes",
        pages=graphql_pages("data.events", largest=100),
        key=("subjectId",),
        version=Version(path="createdAt"),
    ),
)
VARIANTS = _listed(
    "variants",
    "productVariants",
    "product",
    "legacyResourceId title displayName sku barcode price inventoryQuantity createdAt product { id }",
    {
        "name": "displayName|title",
        "sku": "sku",
        "barcode": "barcode",
        "stock_quantity": "inventoryQuantity",
        "created_at": "createdAt",
        "updated_at": "updatedAt",
    },
    sort="ID",
    # Its order by change is not served, so the water mark moves when all is read.
    incremental=Incremental(
        into=BodyField(path="variables.query"), template="updated_at:>='{since}'", lag=timedelta(minutes=1)
    ),
    ignored={
        "price": "Has no currency of its own; the shop's is not in the record.",
        "product": "Its parent.",
    },
)
INVENTORY = _listed(
    "inventory",
    "inventoryItems",
    "product",
    "legacyResourceId sku tracked createdAt variant { id displayName barcode } "
    'inventoryLevels(first: 50) { nodes { location { id name } quantities(names: ["available"]) { name quantity } } }',
    {
        "sku": "sku",
        "name": "variant.displayName",
        "barcode": "variant.barcode",
        "stock_quantity": "inventoryLevels.nodes.0.quantities.0.quantity",
        "created_at": "createdAt",
        "updated_at": "updatedAt",
    },
    sort="",
    incremental=Incremental(
        into=BodyField(path="variables.query"), template="updated_at:>='{since}'", lag=timedelta(minutes=1)
    ),
    ignored={
        "tracked": "Whether stock is counted.",
        "inventoryLevels": "Stock by place; the first place's is mapped.",
        "variant": "Found by its SKU and barcode.",
    },
    by_default=False,
)

CONNECTOR = Connector(
    system_type="shopify",
    title="Shopify",
    base_url="https://{shop}.myshopify.com/admin/api/2025-10",
    settings=(
        Setting(
            name="shop",
            description="The shop's name, as in <shop>.myshopify.com.",
            pattern=r"[A-Za-z0-9][A-Za-z0-9-]{0,62}",
        ),
    ),
    auth=ApiKey(header="X-Shopify-Access-Token", credential="token"),
    credentials=(
        Credential(
            name="token",
            description="An Admin API access token with read_customers, read_orders, read_products, read_inventory.",
        ),
    ),
    body_rules=(
        BodyMustLack(
            path="errors",
            reason="errors.0.extensions.code|errors.0.message",
            refused=frozenset({"ACCESS_DENIED", "UNAUTHORIZED"}),
            later=frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR"}),
        ),
    ),
    # What a query costs and what is left stands in each answer, a refused one's too: HTTP 200 with THROTTLED.
    cost_limit=CostLimit(),
    probe=graphql("{ shop { id } }", path="/graphql.json"),
    resources=(CUSTOMERS, ORDERS, PRODUCTS, VARIANTS, INVENTORY),
    webhooks=WEBHOOKS,
)
