/**
 * Who may ask for what. {@link dev.skein.router.admission.AdmissionControl} makes a {@link
 * dev.skein.router.admission.Caller} of a request's key; the caller keeps its tenant's names apart
 * from everybody else's on the bus, and counts what its quotas limit. Keys are known by their
 * SHA-256 only. A router without a file of keys serves anyone, on loopback.
 */
@NullMarked
package dev.skein.router.admission;

import org.jspecify.annotations.NullMarked;
