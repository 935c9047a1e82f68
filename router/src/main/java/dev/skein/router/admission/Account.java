package dev.skein.router.admission;

import java.util.concurrent.atomic.AtomicLong;

/** What one tenant has used, as far as it is limited. Any thread. */
final class Account {
  final Quotas quotas;
  final Allowance requests;
  final Allowance tokens;
  final AtomicLong streams = new AtomicLong();

  Account(Quotas quotas, long now) {
    this.quotas = quotas;
    this.requests = new Allowance(quotas.requestsPerMinute(), now);
    this.tokens = new Allowance(quotas.tokensPerMinute(), now);
  }

  /** One more answer under way, unless there are as many as may be. */
  boolean enter() {
    long before = streams.getAndUpdate(n -> n < quotas.streams() ? n + 1 : n);
    return before < quotas.streams();
  }

  void leave() {
    streams.decrementAndGet();
  }
}
