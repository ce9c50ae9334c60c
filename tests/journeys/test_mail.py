"""Workers that are killed while they send mails."""

import pytest

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey
from tests.support.mail_server import MailServer
from tests.support.servers import wait_until

KILLS = 4


@pytest.mark.parametrize("either_database", ["sqlite", "postgresql"], indirect=True)
def test_no_mail_is_lost_although_workers_are_killed_in_mid_message(
    either_journey: Journey, measured: Measured
) -> None:
    journey = either_journey
    with MailServer() as server:
        server.pause = 0.05
        journey.add_email_action(server)
        journey.start_beat()
        journey.post_many(300)
        for _ in range(KILLS):
            worker = journey.start_worker()
            wanted = len(server.taken) + 40
            wait_until(lambda wanted=wanted: len(server.taken) >= wanted, 30, every=0.01)
            assert journey.kill(worker) > 0
        journey.start_worker()
        journey.settled()
        duplicates = journey.verify(server)
    measured(f"{duplicates} mails twice of {len(journey.cut_off)} in flight at {KILLS} kills")
