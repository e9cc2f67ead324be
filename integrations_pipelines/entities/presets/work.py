"""Presets of work: ticket, conversation, project, repository, issue."""

from integrations_pipelines.entities.model import Attribute, EntityType, IdentityRule, Relation, Strength
from integrations_pipelines.entities.presets.shared import TRACES

TICKET = EntityType(
    name="ticket",
    label="subject",
    description="A request to a support desk.",
    attributes={
        "subject": Attribute(kind="text"),
        "description": Attribute(kind="text"),
        "number": Attribute(kind="identifier", protected=True, description="The number that people quote."),
        "status": Attribute(kind="name", protected=True),
        "priority": Attribute(kind="name"),
        "ticket_type": Attribute(kind="name"),
        "channel": Attribute(kind="name"),
        "tags": Attribute(kind="name", many=True),
        "satisfaction": Attribute(kind="name"),
        "due_at": Attribute(kind="timestamp"),
        "solved_at": Attribute(kind="timestamp"),
        **TRACES,
    },
    relations={
        "requester": Relation(target="person", protected=True),
        "assignee": Relation(target="person", protected=True),
        "organization": Relation(target="organization", protected=True),
        "collaborators": Relation(target="person", many=True),
        "order": Relation(target="order"),
    },
)

CONVERSATION = EntityType(
    name="conversation",
    label="subject",
    description="Messages that belong together: a thread, a channel, a chat, a call.",
    attributes={
        "subject": Attribute(kind="text"),
        "description": Attribute(kind="text"),
        "channel": Attribute(kind="name", protected=True),
        "status": Attribute(kind="name"),
        "is_private": Attribute(kind="boolean", protected=True),
        "is_archived": Attribute(kind="boolean"),
        "message_count": Attribute(kind="integer"),
        "started_at": Attribute(kind="timestamp"),
        "last_message_at": Attribute(kind="timestamp"),
        **TRACES,
    },
    relations={
        "participants": Relation(target="person", many=True, protected=True),
        "owner": Relation(target="person"),
        "organization": Relation(target="organization"),
        "ticket": Relation(target="ticket"),
    },
)

PROJECT = EntityType(
    name="project",
    label="name",
    description="What issues are gathered under.",
    attributes={
        "name": Attribute(kind="name"),
        "key": Attribute(
            kind="username", protected=True, description="The short key at its site, case-folded."
        ),
        "description": Attribute(kind="text"),
        "status": Attribute(kind="name"),
        "project_type": Attribute(kind="name"),
        "started_on": Attribute(kind="date"),
        "due_on": Attribute(kind="date"),
        **TRACES,
    },
    relations={"lead": Relation(target="person"), "organization": Relation(target="organization")},
    identity=(
        IdentityRule(kind="project_key", attributes=("key",), strength=Strength.EXCLUSIVE, placed=True),
    ),
)

REPOSITORY = EntityType(
    name="repository",
    label="full_name",
    description="A code repository at a host.",
    attributes={
        "full_name": Attribute(kind="username", protected=True, description="owner/name, case-folded."),
        "name": Attribute(kind="name"),
        "description": Attribute(kind="text"),
        "default_branch": Attribute(kind="identifier"),
        "programming_language": Attribute(kind="name"),
        "topics": Attribute(kind="name", many=True),
        "is_private": Attribute(kind="boolean", protected=True),
        "is_archived": Attribute(kind="boolean"),
        "is_fork": Attribute(kind="boolean"),
        "star_count": Attribute(kind="integer"),
        "open_issue_count": Attribute(kind="integer"),
        "pushed_at": Attribute(kind="timestamp"),
        **TRACES,
    },
    relations={
        "owner": Relation(target="person", protected=True),
        "organization": Relation(target="organization", protected=True),
        "parent": Relation(target="repository"),
    },
    identity=(
        IdentityRule(kind="full_name", attributes=("full_name",), strength=Strength.EXCLUSIVE, placed=True),
    ),
)

ISSUE = EntityType(
    name="issue",
    label="title",
    description="A piece of work or a defect, in a tracker or beside code.",
    attributes={
        "title": Attribute(kind="text"),
        "description": Attribute(kind="text"),
        "key": Attribute(
            kind="username", protected=True, description="The key at its site (ops-12), case-folded."
        ),
        "status": Attribute(kind="name", protected=True),
        "priority": Attribute(kind="name"),
        "issue_type": Attribute(kind="name"),
        "labels": Attribute(kind="name", many=True),
        "resolution": Attribute(kind="name"),
        "due_on": Attribute(kind="date"),
        "closed_at": Attribute(kind="timestamp"),
        **TRACES,
    },
    relations={
        "repository": Relation(target="repository", protected=True),
        "project": Relation(target="project", protected=True),
        "reporter": Relation(target="person", protected=True),
        "assignee": Relation(target="person", protected=True),
        "assignees": Relation(target="person", many=True),
        "parent": Relation(target="issue"),
    },
    identity=(IdentityRule(kind="issue_key", attributes=("key",), strength=Strength.EXCLUSIVE, placed=True),),
)
