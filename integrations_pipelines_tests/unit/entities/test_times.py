import pytest

from integrations_pipelines.entities import KINDS, UncleanValue


@pytest.mark.parametrize(
    ("raw", "instant"),
    [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000000Z"),
        ("2024-01-02T03:04:05.12Z", "2024-01-02T03:04:05.120000Z"),
        ("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456Z"),
        ("2024-01-02T03:04:05.000+0200", "2024-01-02T01:04:05.000000Z"),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05.000000Z"),
        ("2024-01-02 03:04:05 UTC", "2024-01-02T03:04:05.000000Z"),
        ("2024-01-02", "2024-01-02T00:00:00.000000Z"),
        ("Tue, 02 Jan 2024 03:04:05 GMT", "2024-01-02T03:04:05.000000Z"),
        (1704164645, "2024-01-02T03:04:05.000000Z"),
        (1704164645123, "2024-01-02T03:04:05.123000Z"),
        (1704164645.5, "2024-01-02T03:04:05.500000Z"),
        ("1704164645.000247", "2024-01-02T03:04:05.000247Z"),
        (1704164645123456, "2024-01-02T03:04:05.123456Z"),
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.000000Z"),
    ],
)
def test_an_instant_is_read_in_each_form(raw: object, instant: str) -> None:
    assert KINDS["timestamp"].clean(raw, None) == instant


@pytest.mark.parametrize(
    "raw", ["soon", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-02T25:00:00Z", True, 10**30, [1]]
)
def test_what_is_no_instant_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["timestamp"].clean(raw, None)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2024-01-02", "2024-01-02"),
        ("20240102", "2024-01-02"),
        ("2024/1/2", "2024-01-02"),
        ("2024-01-02T23:00:00-05:00", "2024-01-02"),
        ("02.01.2024", "2024-01-02"),
        ("31/01/2024", "2024-01-31"),
        ("01/31/2024", "2024-01-31"),
        ("03/03/2024", "2024-03-03"),
        ("2 January 2024", "2024-01-02"),
        ("Jan 2nd, 2024", "2024-01-02"),
        (1704153600000, "2024-01-02"),
    ],
)
def test_a_day_is_read_in_each_form(raw: object, day: str) -> None:
    assert KINDS["date"].clean(raw, None) == day


@pytest.mark.parametrize(
    "raw",
    ["01/02/2024", "1-2-2024", "2024-02-30", "1/2/24", "Smarch 3 2024", "32.01.2024", True, "1994", 1994],
)
def test_an_uncertain_day_is_refused_not_guessed(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["date"].clean(raw, None)
