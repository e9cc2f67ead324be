"""What `integrations connector new` writes: a manifest that passes the check as it stands, with every usual choice."""

_YAML = """\
# What we know of {title}, as data. Every word: docs/reference/manifest.md.  Check it: integrations connector check FILE
system_type: {name}
title: {title}
base_url: https://{{host}}/api          # {{names}} are settings of the account
settings:
  host: The host name of your {title}, as in its address.
# auth: bearer                         # Authorization: Bearer <token>
# auth: {{type: basic, username: "{{email}}", password: "{{api_token}}"}}
# auth: {{type: api_key, header: X-Api-Key, credential: token}}      # or param: api_key, for the query
# auth: none
auth: bearer
credentials:
  token: An API token that may read; where a person gets one.
headers: {{}}
probe: /me                             # a cheap request that fails with bad credentials
# body_rules:                          # when HTTP 200 may hold an error
# - {{type: must, path: ok, equals: true, reason: error}}

resources:
  people:                              # one list; also the name of its table
    entity_type: person                # person, organization, ticket, deal, product, order, invoice, issue, ...
    request: /people                   # or {{path: /people, params: {{state: all}}}} (method, json, query)
    records: data                      # where the list is in an answer; "" where the answer is the list
    key: id                            # the record's id
    # How the list is cut into pages. Without: one answer is the whole list.
    # pages: {{type: link_header}}                                          Link: <...>; rel="next"
    # pages: {{type: link_body, next: links.next}}                          the next page's address
    # pages: {{type: offset, into: offset, size: {{param: limit, largest: 100}}}}
    # pages: {{type: numbered, into: page, size: {{param: per_page, largest: 100}}}}
    # pages: {{type: keyset, key: id, into: starting_after, more: has_more}}
    pages: {{type: cursor, next: meta.next, into: cursor, size: {{param: limit, largest: 100}}}}
    version: updated_at                # the moment of the record's last change; read: iso, seconds, milliseconds, or
    # version: {{path: changed, read: "%d.%m.%Y %H:%M @ Europe/Berlin"}}    a format with the clock it is on
    # incremental: {{into: updated_since, write: iso, lag: 5m}}             asks only for what changed
    # deleted: {{type: flag, path: archived}}                               deleted records stay and say so
    attributes:                        # ours: theirs
      name: full_name
      email: email
      phone: phone
      updated_at: updated_at
    # relations:
    #   employer: {{to: companies, key: company.id}}
    ignored: [id]                      # fields that are mapped to nothing on purpose; others are reported
"""


def skeleton(name: str, title: str) -> str:
    """Return the text of a new manifest of ``name``."""
    return _YAML.format(name=name, title=title)
