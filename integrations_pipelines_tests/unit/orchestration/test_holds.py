"""The sensors that wait for webhooks: there is no moment at which all of them are being re-armed."""

from integrations_pipelines.orchestration.inbox import hold_of

LOOK = 5.0  # seconds between two looks of Dagster's daemon


def listening(until: float) -> list[list[tuple[float, float]]]:
    """Return from when to when each of three sensors waits, if they begin together and nothing ever comes."""
    waits: list[list[tuple[float, float]]] = [[], [], []]
    look = 0.0
    while look < until:
        for own in waits:
            if not own or own[-1][1] <= look:
                others = [one[-1][1] for one in waits if one is not own and one]
                own.append((look, look + hold_of(look, others)))
        look += LOOK
    return waits


def test_somebody_listens_at_every_moment() -> None:
    waits = listening(600)
    for tenth in range(6_000):
        moment = tenth / 10
        assert any(start <= moment < end for own in waits for start, end in own), moment


def test_a_tick_ends_half_a_second_before_the_daemon_looks_again() -> None:
    ends = {end % LOOK for own in listening(600) for _, end in own}
    assert ends == {LOOK - 0.5}
