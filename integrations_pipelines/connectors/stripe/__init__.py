"""Stripe: customers, products, prices, subscriptions, invoices, charges.

Lists have no filter by change, so changes are read from the events, which hold the whole object and are kept for 30
days; after a longer pause everything is read anew. A deleted object is absent from the lists, and told by an event.
Objects have no moment of their own change, so they are ordered by when they were observed.
``Stripe-Version`` is pinned: events are rendered in the version that the account had when they happened.
Sources: Stripe's OpenAPI document (MIT): GET /v1/{list}, GET /v1/events (types, created, 30 days);
https://docs.stripe.com/api/pagination
"""

from collections.abc import Mapping
from datetime import timedelta

from integrations_pipelines.connectors.stripe.webhooks import PAGES, VERSION, WEBHOOKS, event_types
from integrations_pipelines.contract import (
    Bearer,
    BodyMustLack,
    Budget,
    Connector,
    Credential,
    EventStream,
    Incremental,
    Param,
    Request,
    Resource,
    Single,
    Version,
    Window,
    WindowPart,
    read_epoch_seconds,
    write_epoch_seconds,
)
from integrations_pipelines.entities.projection import Field, Link, Projection

PLACE = "stripe.com/{account}"
_CREATED = Field("created", convert="seconds")
_OWN = "How Stripe collects and shows it."
_ENVELOPE = {
    "id": "The source record id.",
    "object": "What it is; the list says so.",
    "livemode": "Whether it is a test; a key sees one or the other.",
    "metadata": "An account's own words; they are kept in the payload.",
    "test_clock": "A clock for tests.",
    "deleted": "Only in the answer for a deleted object.",
}


def _listed(
    name: str,
    entity_type: str,
    attributes: Mapping[str, Field | str],
    ignored: str,
    relations: Mapping[str, Link] | None = None,
    params: Mapping[str, str] | None = None,
) -> Resource:
    """One list of Stripe's. All of them are cut alike, and change by events of their own name."""
    kind = name[:-1]
    prefix = "customer.subscription" if kind == "subscription" else kind
    return Resource(
        name=name,
        projection=Projection(
            entity_type=entity_type,
            place=PLACE,
            attributes={**attributes, "created_at": _CREATED},
            relations=relations or {},
        ),
        key=("id",),
        request=Request(path=f"/v1/{name}", params=params or {}),
        single=Single(request=Request(path=f"/v1/{name}/{{id}}")),
        records="data",
        pages=PAGES,
        changes=EventStream(
            request=Request(path="/v1/events", params={"types[]": event_types(prefix)}),
            records="data",
            pages=PAGES,
            since=Incremental(
                into=Param(name="created[gte]"),
                write=write_epoch_seconds,
                lag=timedelta(minutes=5),
                # Kept for 30 days; a day less, for a run that takes long.
                look_back=timedelta(days=29),
            ),
            moment=Version(path="created", read=read_epoch_seconds),
            record="data.object",
            # A subscription that ended is still served: it is cancelled, not gone.
            deleted=frozenset({f"{prefix}.deleted"} if kind not in ("subscription", "charge") else ()),
        ),
        window=Window(
            parts=(
                WindowPart(into=Param(name="created[gte]"), template="{from}"),
                WindowPart(into=Param(name="created[lt]"), template="{to}"),
            ),
            write_from=write_epoch_seconds,
            write_to=write_epoch_seconds,
            of="created",
        ),
        ignored={**_ENVELOPE, **dict.fromkeys(ignored.split(), _OWN)},
        poll=timedelta(minutes=15),
    )


def _cents(name: str) -> Field:
    return Field((name, "currency"), convert="minor_money")


CUSTOMERS = _listed(
    "customers",
    "person",
    {
        "name": "name|shipping.name",
        "email": "email",
        "phone": "phone|shipping.phone",
        "street": "address.line1",
        "city": "address.city",
        "postcode": "address.postal_code",
        "state": "address.state",
        "country": "address.country",
        "language": "preferred_locales.0",
    },
    "address shipping account_balance balance business_name cash_balance currency customer_account default_currency "
    "default_source delinquent description discount individual_name invoice_credit_balance invoice_prefix "
    "invoice_settings next_invoice_sequence preferred_locales sources subscriptions tax tax_exempt tax_ids tax_info "
    "tax_info_verification",
)
PRODUCTS = _listed(
    "products",
    "product",
    {
        "name": "name",
        "description": "description",
        "is_active": "active",
        "url": "url",
        "updated_at": Field("updated", convert="seconds"),
    },
    "attributes caption deactivate_on default_price features images marketing_features package_dimensions shippable "
    "statement_descriptor tax_code type unit_label",
)
PRICES = _listed(
    "prices",
    "product",
    {
        "name": "nickname|lookup_key",
        "price": _cents("unit_amount"),
        "category": "type",
        "is_active": "active",
    },
    "billing_scheme currency currency_options custom_unit_amount product recurring tax_behavior tiers tiers_mode "
    "transform_quantity unit_amount_decimal nickname lookup_key",
)
SUBSCRIPTIONS = _listed(
    "subscriptions",
    "subscription",
    {
        "status": "status",
        "plan": "items.data.0.price.nickname|plan.nickname|items.data.0.price.id|plan.id",
        "quantity": "items.data.0.quantity|quantity",
        "price": Field(
            ("items.data.0.price.unit_amount|plan.amount", "currency|plan.currency"), convert="minor_money"
        ),
        "billing_interval": "items.data.0.price.recurring.interval|plan.interval",
        "started_at": Field("start_date|start", convert="seconds"),
        "current_period_ends_at": Field(
            "items.data.0.current_period_end|current_period_end", convert="seconds"
        ),
        "trial_ends_at": Field("trial_end", convert="seconds"),
        "cancelled_at": Field("canceled_at", convert="seconds"),
    },
    "application application_fee_percent automatic_tax billing billing_cycle_anchor billing_cycle_anchor_config "
    "billing_mode billing_schedules billing_thresholds cancel_at cancel_at_period_end cancellation_details "
    "collection_method currency current_period_start customer_account days_until_due default_payment_method "
    "default_source default_tax_rates description discount discounts ended_at invoice_settings items latest_invoice "
    "managed_payments next_pending_invoice_item_invoice on_behalf_of pause_collection payment_settings "
    "pending_invoice_item_interval pending_setup_intent pending_update plan presentment_details schedule tax_percent "
    "transfer_data trial_settings trial_start trial_period_days quantity start",
    {
        "customer": Link(to="customers", key="customer"),
        "product": Link(to="products", key="items.data.0.price.product"),
    },
    # Without it, cancelled subscriptions are left out.
    params={"status": "all"},
)
INVOICES = _listed(
    "invoices",
    "invoice",
    {
        "number": "number",
        "status": "status",
        "total": _cents("total"),
        "tax": _cents("tax"),
        "amount_due": _cents("amount_due"),
        "amount_paid": _cents("amount_paid"),
        "issued_on": Field("status_transitions.finalized_at|effective_at|date", convert="seconds"),
        "due_on": Field("due_date", convert="seconds"),
        "paid_at": Field("status_transitions.paid_at", convert="seconds"),
        "url": "hosted_invoice_url",
    },
    "account_country account_name account_tax_ids amount_overpaid amount_remaining amount_shipping application "
    "application_fee_amount attempt_count attempted auto_advance automatic_tax automatically_finalizes_at billing "
    "billing_reason charge collection_method confirmation_secret currency custom_fields customer_account "
    "customer_address customer_email customer_name customer_phone customer_shipping customer_tax_exempt "
    "customer_tax_ids date default_payment_method default_source default_tax_rates description discount discounts "
    "effective_at ending_balance footer from_invoice invoice_pdf issuer last_finalization_error latest_revision "
    "lines next_payment_attempt on_behalf_of paid paid_out_of_band parent payment_intent payment_settings payments "
    "period_end period_start post_payment_credit_notes_amount pre_payment_credit_notes_amount quote "
    "receipt_number rendering shipping_cost shipping_details starting_balance statement_descriptor "
    "status_transitions subscription_details "
    "subtotal subtotal_excluding_tax tax_percent threshold_reason total_discount_amounts total_excluding_tax "
    "total_pretax_credit_amounts total_tax_amounts total_taxes transfer_data webhooks_delivered_at",
    {
        "customer": Link(to="customers", key="customer"),
        "subscription": Link(to="subscriptions", key="subscription|parent.subscription_details.subscription"),
    },
)
CHARGES = _listed(
    "charges",
    "payment",
    {
        "reference": "id",
        "status": "status",
        "amount": _cents("amount"),
        "refunded": _cents("amount_refunded"),
        "method": "payment_method_details.type|source.brand",
        "failure_reason": "failure_message",
        "paid_at": _CREATED,
        "url": "receipt_url",
    },
    "amount_captured application application_fee application_fee_amount balance_transaction billing_details "
    "calculated_statement_descriptor captured currency description destination dispute disputed "
    "failure_balance_transaction failure_code fraud_details level3 on_behalf_of order outcome paid payment_intent "
    "payment_method presentment_details radar_options receipt_email receipt_number refunded refunds review shipping "
    "source source_transfer statement_descriptor statement_descriptor_suffix transfer transfer_data transfer_group",
    {"customer": Link(to="customers", key="customer"), "invoice": Link(to="invoices", key="invoice")},
)

CONNECTOR = Connector(
    system_type="stripe",
    title="Stripe",
    base_url="https://api.stripe.com",
    auth=Bearer(credential="api_key"),
    credentials=(
        Credential(
            name="api_key",
            description="A restricted key (rk_...) that may read customers, products, billing, charges and events.",
        ),
    ),
    headers={"Stripe-Version": VERSION},
    # A deleted object is still answered by its id, as {id, object, deleted: true}.
    body_rules=(
        BodyMustLack(
            path="deleted",
            reason="object",
            gone=frozenset("customer product price subscription invoice webhook_endpoint".split()),
        ),
    ),
    # Of a live account; a sandbox has 25: `--set budget=25/s`. Source: https://docs.stripe.com/rate-limits
    budgets=(Budget(requests=100, seconds=1),),
    probe=Request(path="/v1/customers", params={"limit": 1}),
    resources=(CUSTOMERS, PRODUCTS, PRICES, SUBSCRIPTIONS, INVOICES, CHARGES),
    webhooks=WEBHOOKS,
)
