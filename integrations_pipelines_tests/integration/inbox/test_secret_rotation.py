"""The secret is rotated under a stream of signed events: none is refused, none is accepted after the old one's end."""

import json
import threading
import time
from datetime import timedelta

from integrations_pipelines.vault import SecretValue, activate, set_credential
from integrations_pipelines_tests.integration.inbox.house import House, github

_SENDERS = 4


class Sender(threading.Thread):
    """Sends until told to stop, signed by whatever secret the third party has at that moment."""

    def __init__(self, house: House, uuid: str, secret: list[str], number: int) -> None:
        super().__init__(daemon=True)
        self._house, self._uuid, self._secret, self._number = house, uuid, secret, number
        self.statuses: list[int] = []
        self.stop = threading.Event()

    def run(self) -> None:
        count = 0
        while not self.stop.is_set():
            count += 1
            body = json.dumps({"sender": self._number, "count": count}).encode()
            headers = github(body, secret=self._secret[0])
            self.statuses.append(self._house.post(self._uuid, body, headers).status_code)


def test_no_event_is_refused_while_the_secret_rotates_and_none_taken_after_the_old_ones_end(
    house: House,
) -> None:
    source = house.add(secret="secret number 0")
    current = ["secret number 0"]
    senders = [Sender(house, str(source.uuid), current, number) for number in range(_SENDERS)]
    for sender in senders:
        sender.start()
    for number in range(1, 6):
        time.sleep(0.3)
        secret, key = f"secret number {number}", source.system_key
        with house.hub.engine.begin() as connection:
            value = SecretValue(secret)
            version = set_credential(
                connection, house.hub.keys, key, "webhook_secret", value, is_pending=True
            )
            overlap = timedelta(seconds=1.5)
            activate(connection, key, "webhook_secret", version, overlap=overlap)
        ends = time.monotonic() + overlap.total_seconds()
        old, current[0] = current[0], secret
    for sender in senders:
        sender.stop.set()
        sender.join()
    statuses = [status for sender in senders for status in sender.statuses]
    assert len(statuses) > 20
    assert set(statuses) == {202}
    time.sleep(max(0.0, ends - time.monotonic()) + 0.05)
    late = json.dumps({"late": True}).encode()
    assert house.post(source, late, github(late, secret=old)).status_code == 401
    assert house.post(source, late, github(late, secret=current[0])).status_code == 202
    stored = "select count(*) from integrations.webhook_event where source_system_id = %s"
    assert house.rows(stored, source.id) == [(len(statuses) + 1,)]
