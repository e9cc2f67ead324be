"""Outgoing webhooks: who is told of changes, signed by the Standard Webhooks scheme, until it is taken or given up."""

from integrations_pipelines.outbound.delivering import deliver_due
from integrations_pipelines.outbound.subscribing import add_subscription, remove_subscription

__all__ = ["add_subscription", "deliver_due", "remove_subscription"]
