import pytest

from integrations_pipelines_tests.integration.cli.conftest import House


@pytest.fixture
def crm(house: House) -> House:
    house.json("source", "add", "crm", "--type", "hubspot")
    return house


def test_show_says_where_to_send_and_which_secret_is_missing(crm: House) -> None:
    uuid = crm.json("source", "show", "crm")["uuid"]
    shown = crm.json("webhook", "show", "crm")
    assert shown["url_path"] == f"/webhooks/{uuid}"
    assert (shown["scheme"], shown["secret"], shown["secret_is_set"]) == (
        "hubspot-v3",
        "webhook_secret",
        False,
    )
    crm.json("credential", "set", "crm", "webhook_secret", stdin="made-up")
    standing = crm.json("webhook", "show", "crm")
    assert (standing["secret_is_set"], standing["missed_events"]) == (True, {})
    public = crm.run(
        "webhook", "show", "crm", "--json", env={"INTEGRATIONS_PUBLIC_URL": "https://hub.example/"}
    )
    assert f"https://hub.example/webhooks/{uuid}" in public.stdout


def test_what_an_operator_says_is_kept_and_can_be_taken_back(crm: House) -> None:
    words = ["--scheme", "standard-webhooks", "--largest-body", "99", "--allow-unsigned", "VPN", "--gone"]
    said = crm.json("webhook", "set", "crm", *words)
    found = (said["scheme"], said["largest_body"], said["allow_unsigned"], said["answers_gone"])
    assert found == ("standard-webhooks", 99, "VPN", True)
    back = crm.json("webhook", "set", "crm", "--require-signature", "--not-gone")
    assert (back["allow_unsigned"], back["answers_gone"], back["scheme"]) == (
        None,
        False,
        "standard-webhooks",
    )


@pytest.mark.parametrize(
    "words",
    [
        ["set", "crm", "--scheme", "magic"],
        ["set", "crm", "--allow-unsigned", " "],
        ["set", "crm", "--allow-unsigned", "x", "--require-signature"],
        ["expect", "crm"],
        ["show", "nobody"],
    ],
)
def test_bad_words_are_one_line_and_exit_2(crm: House, words: list[str]) -> None:
    result = crm.run("webhook", *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
