"""What must be true at the end of each leg, whatever an undisturbed run says: the matrix's own measure is measured."""

from __future__ import annotations

from lab.crash.look import View

NOTHING_LOST: View = {"acknowledged and lost": 0, "written twice": 0, "not whole": 0, "locks": []}
AT_HOME: View = {
    "users": {"www": "200 from primary", "dr": "200 from primary"},
    "latches": [],
    "openings": [0],
    "fence": {"rds": ["'petclinic'@'%' petclinic"], "azuredb": []},
    **NOTHING_LOST,
}
AWAY: View = {
    "users": {"www": "page from Azure", "dr": "200 from secondary"},
    "open mark": "open",
    "openings": [1],
    "fence": {"rds": [], "azuredb": ["'petclinic'@'%' petclinic_*"]},
    **NOTHING_LOST,
}
TRUTHS: dict[str, View] = {
    "warm_up": {**AT_HOME, "open mark": "closed"},
    "failover": AWAY,
    "failback": {**AT_HOME, "open mark": "closed"},
    "cool_down": {**AT_HOME, "azure": [], "machine": {}, "open mark": "nobody"},
}
