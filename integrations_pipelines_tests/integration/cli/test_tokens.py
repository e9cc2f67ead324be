"""`integrations token` and `integrations audit`."""

from integrations_pipelines_tests.integration.cli.conftest import House


def test_a_token_is_shown_once_and_never_listed(house: House) -> None:
    made = house.json("token", "create", "--scope", "changes:read", "--label", "feed", "--expires", "90d")
    listed = house.run("token", "list", "--json").stdout
    assert made["token"].startswith(f"ipt_{made['token_id']}_")
    assert made["token"].split("_", 2)[2] not in listed
    assert made["token_id"] in listed


def test_a_token_is_revoked_by_its_id(house: House) -> None:
    made = house.json("token", "create", "--scope", "status:read")
    house.json("token", "revoke", made["token_id"])
    assert [one["state"] for one in house.json("token", "list")["tokens"]] == ["revoked"]


def test_an_unknown_scope_is_named_with_those_there_are(house: House) -> None:
    result = house.run("token", "create", "--scope", "everything")
    assert (result.exit_code, "changes:read" in result.stderr) == (2, True)


def test_an_end_that_is_over_is_refused(house: House) -> None:
    result = house.run("token", "create", "--scope", "admin", "--expires", "2020-01-01")
    assert (result.exit_code, "is over already" in result.stderr) == (2, True)


def test_the_audit_names_who_made_which_token_and_verifies(house: House) -> None:
    made = house.json("token", "create", "--scope", "admin")
    (event,) = house.json("audit", "list", "--subject", made["token_id"])["events"]
    verified = house.json("audit", "verify")
    assert (event["action"], event["actor"].partition(":")[0]) == ("token.create", "cli")
    assert verified["end"] == f"{event['sequence']}:{event['hash']}"
    assert house.run("audit", "verify", "--expect", verified["end"]).exit_code == 0


def test_a_cut_off_end_is_found_by_what_was_printed_before(house: House) -> None:
    house.json("token", "create", "--scope", "admin")
    result = house.run("audit", "verify", "--expect", f"7:{'ab' * 32}")
    assert (result.exit_code, "its end was cut off" in result.stderr) == (2, True)
