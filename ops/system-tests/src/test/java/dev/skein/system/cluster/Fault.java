package dev.skein.system.cluster;

/** What can happen to a process of a cluster. */
enum Fault {
  /** kill -9 of a worker. */
  WORKER_KILLED(Role.WORKER, Signal.KILL, 0),
  /** A worker is stopped, long enough to be taken for dead, and wakes. */
  WORKER_STOPPED(Role.WORKER, Signal.STOP, 6),
  /** A worker is stopped for a minute and wakes. */
  WORKER_STOPPED_LONG(Role.WORKER, Signal.STOP, 60),
  /** A worker is asked to end. */
  WORKER_DRAINED(Role.WORKER, Signal.TERM, 0),
  /** kill -9 of a router. */
  ROUTER_KILLED(Role.ROUTER, Signal.KILL, 0),
  /** A router is stopped and wakes. */
  ROUTER_STOPPED(Role.ROUTER, Signal.STOP, 6),
  /** kill -9 of a broker that is not the controller. */
  BROKER_KILLED(Role.BROKER, Signal.KILL, 0),
  /** A broker is stopped, long enough to lose its partitions, and wakes. */
  BROKER_STOPPED(Role.BROKER, Signal.STOP, 8),
  /** kill -9 of the broker that leads the controllers. */
  CONTROLLER_KILLED(Role.CONTROLLER, Signal.KILL, 0);

  /** Whom it strikes. */
  enum Role {
    WORKER,
    ROUTER,
    BROKER,
    CONTROLLER
  }

  /** How. */
  enum Signal {
    KILL,
    STOP,
    TERM
  }

  private final Role role;
  private final Signal signal;
  private final int seconds;

  Fault(Role role, Signal signal, int seconds) {
    this.role = role;
    this.signal = signal;
    this.seconds = seconds;
  }

  Role role() {
    return role;
  }

  Signal signal() {
    return signal;
  }

  /** How long a stopped process sleeps. */
  int seconds() {
    return seconds;
  }
}
