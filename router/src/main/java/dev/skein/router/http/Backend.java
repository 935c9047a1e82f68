package dev.skein.router.http;

import dev.skein.router.admission.AdmissionControl;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.sessions.Pools;

/** What stands behind the paths of the API. */
public record Backend(
    Models models, Deliveries deliveries, Pools pools, AdmissionControl admission) {}
