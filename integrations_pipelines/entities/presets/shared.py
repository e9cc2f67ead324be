"""What the presets have in common: the traces that every record keeps of its source, and postal addresses."""

from integrations_pipelines.entities.model import Attribute

# Not proof across tools: the id says nothing outside its place, and the record map has it already.
TRACES = {
    "external_id": Attribute(
        kind="identifier", protected=True, description="The id that another system gave it."
    ),
    "url": Attribute(kind="url", description="Where to look at it in its tool."),
    "created_at": Attribute(kind="timestamp"),
    "updated_at": Attribute(kind="timestamp"),
}

ADDRESS = {
    "street": Attribute(kind="address"),
    "city": Attribute(kind="name"),
    "postcode": Attribute(kind="name"),
    "state": Attribute(kind="name"),
    "country": Attribute(kind="country"),
}
