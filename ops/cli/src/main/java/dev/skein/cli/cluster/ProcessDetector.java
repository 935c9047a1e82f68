package dev.skein.cli.cluster;

import com.typesafe.config.Config;
import org.apache.pekko.event.EventStream;
import org.apache.pekko.remote.PhiAccrualFailureDetector;

/**
 * Whether a member can be reached: by its heartbeats, and by the word of {@link DeadPorts}, which
 * comes sooner. Without it a member that was downed would stay until its heartbeats are missed too,
 * because only what cannot be reached is removed. Made by Pekko, one a member.
 */
public final class ProcessDetector extends PhiAccrualFailureDetector {
  private volatile String member = "";

  /** As Pekko asks for it. */
  public ProcessDetector(Config settings, EventStream events) {
    super(settings, events);
  }

  @Override
  public void setAddress(String address) {
    super.setAddress(address);
    member = address;
  }

  @Override
  public boolean isAvailable() {
    return !DeadPorts.isGone(member) && super.isAvailable();
  }
}
