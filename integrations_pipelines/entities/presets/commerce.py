"""Presets of money: deal, product, order, invoice, subscription, payment."""

from integrations_pipelines.entities.model import Attribute, EntityType, IdentityRule, Relation, Strength
from integrations_pipelines.entities.presets.shared import TRACES

DEAL = EntityType(
    name="deal",
    label="name",
    description="A sale in the making.",
    attributes={
        "name": Attribute(kind="name"),
        "amount": Attribute(kind="money", protected=True),
        "stage": Attribute(kind="name", protected=True),
        "pipeline": Attribute(kind="name"),
        "status": Attribute(kind="name"),
        "probability": Attribute(kind="decimal"),
        "expected_close_on": Attribute(kind="date"),
        "closed_at": Attribute(kind="timestamp"),
        "description": Attribute(kind="text"),
        **TRACES,
    },
    relations={
        "organization": Relation(target="organization", protected=True),
        "contacts": Relation(target="person", many=True, protected=True),
        "owner": Relation(target="person", protected=True),
    },
)

PRODUCT = EntityType(
    name="product",
    label="name",
    description="What is sold: an article, a plan, a service.",
    attributes={
        "name": Attribute(kind="name", protected=True),
        "sku": Attribute(kind="username", protected=True, description="The stock-keeping unit, case-folded."),
        "gtin": Attribute(kind="gtin", protected=True),
        "barcode": Attribute(kind="identifier", protected=True),
        "brand": Attribute(kind="organization_name"),
        "category": Attribute(kind="name"),
        "price": Attribute(kind="money", protected=True),
        "description": Attribute(kind="text"),
        "is_active": Attribute(kind="boolean"),
        "stock_quantity": Attribute(kind="integer"),
        **TRACES,
    },
    relations={"vendor": Relation(target="organization")},
    identity=(
        IdentityRule(kind="sku", attributes=("sku",), strength=Strength.STRONG, limit=5, generic_above=3),
        IdentityRule(kind="gtin", attributes=("gtin",), strength=Strength.STRONG, limit=5, generic_above=3),
        IdentityRule(
            kind="barcode", attributes=("barcode",), strength=Strength.STRONG, limit=5, generic_above=3
        ),
    ),
)

ORDER = EntityType(
    name="order",
    label="number",
    description="What a customer ordered.",
    attributes={
        "number": Attribute(kind="identifier", protected=True),
        "status": Attribute(kind="name", protected=True),
        "payment_status": Attribute(kind="name", protected=True),
        "fulfillment_status": Attribute(kind="name"),
        "total": Attribute(kind="money", protected=True),
        "tax": Attribute(kind="money", protected=True),
        "discount": Attribute(kind="money", protected=True),
        "ordered_at": Attribute(kind="timestamp"),
        "cancelled_at": Attribute(kind="timestamp"),
        "tags": Attribute(kind="name", many=True),
        **TRACES,
    },
    relations={
        "customer": Relation(target="person", protected=True),
        "organization": Relation(target="organization"),
        "products": Relation(target="product", many=True, protected=True),
    },
    identity=(
        IdentityRule(kind="order_number", attributes=("number",), strength=Strength.EXCLUSIVE, placed=True),
    ),
)

INVOICE = EntityType(
    name="invoice",
    label="number",
    description="What a customer owes, in writing.",
    attributes={
        "number": Attribute(kind="identifier", protected=True),
        "status": Attribute(kind="name", protected=True),
        "total": Attribute(kind="money", protected=True),
        "tax": Attribute(kind="money", protected=True),
        "amount_due": Attribute(kind="money", protected=True),
        "amount_paid": Attribute(kind="money", protected=True),
        "issued_on": Attribute(kind="date", protected=True),
        "due_on": Attribute(kind="date", protected=True),
        "paid_at": Attribute(kind="timestamp"),
        **TRACES,
    },
    relations={
        "customer": Relation(target="person", protected=True),
        "organization": Relation(target="organization", protected=True),
        "subscription": Relation(target="subscription", protected=True),
        "order": Relation(target="order"),
    },
    identity=(
        IdentityRule(kind="invoice_number", attributes=("number",), strength=Strength.EXCLUSIVE, placed=True),
    ),
)

SUBSCRIPTION = EntityType(
    name="subscription",
    label="name",
    description="What a customer pays for again and again.",
    attributes={
        "name": Attribute(kind="name"),
        "status": Attribute(kind="name", protected=True),
        "plan": Attribute(kind="name", protected=True),
        "quantity": Attribute(kind="integer", protected=True),
        "price": Attribute(kind="money", protected=True),
        "billing_interval": Attribute(kind="name", protected=True),
        "started_at": Attribute(kind="timestamp"),
        "current_period_ends_at": Attribute(kind="timestamp"),
        "trial_ends_at": Attribute(kind="timestamp"),
        "cancelled_at": Attribute(kind="timestamp"),
        **TRACES,
    },
    relations={
        "customer": Relation(target="person", protected=True),
        "organization": Relation(target="organization", protected=True),
        "product": Relation(target="product", protected=True),
    },
)

PAYMENT = EntityType(
    name="payment",
    label="reference",
    description="Money that moved, or failed to.",
    attributes={
        "reference": Attribute(kind="identifier", protected=True),
        "status": Attribute(kind="name", protected=True),
        "amount": Attribute(kind="money", protected=True),
        "refunded": Attribute(kind="money", protected=True),
        "method": Attribute(kind="name"),
        "failure_reason": Attribute(kind="text"),
        "paid_at": Attribute(kind="timestamp", protected=True),
        **TRACES,
    },
    relations={
        "invoice": Relation(target="invoice", protected=True),
        "customer": Relation(target="person", protected=True),
        "organization": Relation(target="organization"),
        "order": Relation(target="order"),
    },
)
