"""What Shopify's webhooks say. The signature covers the body alone: topic and shop stand in headers that nobody signed.

So a body tells which record is meant and no more, even one that is said to be deleted: it is asked for anew, and that
there is none is the answer. What is to be merged or erased is read from bodies that no other topic has.
Sources: https://shopify.dev/docs/api/webhooks (topics and bodies); reference/webhooks.md (unsigned metadata).
"""

from integrations_pipelines.contract import Event, Header, Tenant, Webhooks
from integrations_pipelines.contract.schemes import SHOPIFY


def _hint(topics: tuple[str, ...], resource: str, kind: str, path: str = "id") -> Event:
    """A record by its number, which is the end of its id."""
    return Event(types=topics, resource=resource, id=(path,), as_id=f"gid://shopify/{kind}/{{id}}")


WEBHOOKS = Webhooks(
    scheme=SHOPIFY,
    type=(Header(name="x-shopify-topic"),),
    delivery=Header(name="x-shopify-event-id"),
    tenant=Tenant(at=Header(name="x-shopify-shop-domain"), setting="shop", template="{value}.myshopify.com"),
    events=(
        Event(
            types=("customers/merge",),
            resource="customers",
            verb="merge",
            id=("admin_graphql_api_customer_deleted_id",),
            into="admin_graphql_api_customer_kept_id",
        ),
        Event(
            types=("customers/redact",),
            resource="customers",
            verb="privacy",
            id=("customer.id",),
            as_id="gid://shopify/Customer/{id}",
        ),
        Event(types=("customers/data_request",), verb="ignore", reason="A question to the shop's owner."),
        Event(types=("app/uninstalled", "shop/redact"), verb="disconnect"),
        _hint(("customers/*",), "customers", "Customer"),
        _hint(("orders/*",), "orders", "Order"),
        _hint(("refunds/*",), "orders", "Order", "order_id"),
        _hint(("products/*",), "products", "Product"),
        _hint(("inventory_items/*",), "inventory", "InventoryItem"),
        _hint(("inventory_levels/*",), "inventory", "InventoryItem", "inventory_item_id"),
        Event(types=("*",), verb="ignore", reason="Says nothing of a resource that is synced."),
    ),
    description="The client secret of the app that has the webhook subscriptions.",
)
