"""`integrations sweep` and `import --snapshot`, through Dagster."""

from datetime import UTC, datetime, timedelta

from integrations_pipelines import local
from integrations_pipelines.orchestration.sweeping import sweep_requests
from integrations_pipelines_tests.acceptance.issues import Site, connect_site, yearful
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.cli.conftest import House


def test_a_sweep_deletes_what_is_gone_and_says_what_stops_it(
    house: House, http_server: ScriptedServer
) -> None:
    http_server.handler = site = Site(issues=yearful(120), page=100)
    connect_site(house.hub, http_server.url)
    assert house.run("sync", "desk", "-r", "issues").exit_code == 0
    site.issues = site.issues[2:]
    (planned,) = house.json("sweep", "desk", "-r", "issues", "--dry-run")["resources"]
    assert (planned["live"], planned["missing"], planned["deleted"]) == (120, 2, 0)
    done = house.json("sweep", "desk", "-r", "issues")
    assert (done["status"], done["suspected"]) == ("succeeded", {"issues": 0})
    assert done["resources"][0]["outcomes"] == {"deleted": 2}
    assert len(house.json("record-map", "list", "--status", "deleted")["record_maps"]) == 2
    site.issues = []
    red = house.run("sweep", "desk", "-r", "issues")
    assert red.exit_code == 1
    assert "holds no record, and 118 are known" in red.stderr
    assert house.run("sweep", "nowhere").exit_code == 2


def test_a_snapshot_twice_deletes_what_it_lacks(house: House) -> None:
    path = house.folder / "people.csv"
    words = ("import", str(path), "--system", "hr", "-r", "people", "--entity-type", "person", "--snapshot")
    path.write_text("id,name\n1,Ada Byron\n2,Grace Hopper\n")
    assert house.run(*words).exit_code == 0
    path.write_text("id,name\n1,Ada Byron\n")
    first, second = (house.json(*words)["resources"][0]["outcomes"] for _ in range(2))
    assert (first, second) == ({"unchanged": 1}, {"unchanged": 1, "deleted": 1})


def test_a_sweep_is_due_a_day_after_the_last(house: House, http_server: ScriptedServer) -> None:
    http_server.handler = Site(issues=yearful(3))
    connect_site(house.hub, http_server.url)
    house.run("sync", "desk", "-r", "issues")
    now = datetime.now(UTC)
    with local.dagster_instance(house.settings, house.hub.url):
        assert list(sweep_requests(now)) == []
        (request,) = sweep_requests(now + timedelta(hours=25))
    assert request.run_config["ops"]["sweep_resources"]["config"]["resources"] == ["issues"]
