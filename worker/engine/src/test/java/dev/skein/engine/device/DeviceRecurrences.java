package dev.skein.engine.device;

import static dev.skein.engine.device.DeviceMemory.download;
import static dev.skein.engine.device.DeviceMemory.upload;
import static dev.skein.engine.device.DeviceMemory.uploadIfAny;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Stretch;
import dev.skein.kernels.Wkv4Rows;
import dev.skein.kernels.Wkv4Weights;
import dev.skein.kernels.Wkv6Rows;
import dev.skein.kernels.Wkv6Weights;
import dev.skein.kernels.Wkv7Rows;
import dev.skein.kernels.Wkv7Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The recurrences of the device: rows, weights and the state go in, results and the state out. */
record DeviceRecurrences(Kernels processor) {

  void wkv7(Wkv7Rows x, Wkv7Weights weights, Stretch s) {
    try (Arena arena = Arena.ofConfined()) {
      Call call = new Call(arena, s);
      boolean first = x.residual() == null;
      Rows v = call.in(x.v());
      Wkv7Rows device =
          new Wkv7Rows(
              call.in(x.r()),
              call.in(x.w()),
              call.in(x.k()),
              v,
              call.in(x.a()),
              call.in(x.g()),
              uploadIfAny(arena, x.residual(), s.startToken(), s.endToken()),
              first ? v : call.in(x.firstV()),
              call.in(x.kk()),
              call.in(x.b()),
              call.in(x.y()));
      MemorySegment state = call.head();
      processor.wkv7(device, weights(arena, weights), call.stretch(state));
      call.out(device.k(), x.k());
      call.out(v, x.v());
      call.out(device.y(), x.y());
      call.headBack(state);
    }
  }

  private static Wkv7Weights weights(Arena arena, Wkv7Weights w) {
    return new Wkv7Weights(
        upload(arena, w.baseW()),
        upload(arena, w.baseA()),
        uploadIfAny(arena, w.baseV(), 0, 1),
        upload(arena, w.removal()),
        upload(arena, w.keyRate()),
        upload(arena, w.bonus()),
        upload(arena, w.norm()));
  }

  void wkv6(Wkv6Rows x, Wkv6Weights w, Stretch s) {
    try (Arena arena = Arena.ofConfined()) {
      Call call = new Call(arena, s);
      Wkv6Rows device =
          new Wkv6Rows(
              call.in(x.r()),
              call.in(x.w()),
              call.in(x.k()),
              call.in(x.v()),
              call.in(x.g()),
              call.in(x.y()));
      MemorySegment state = call.head();
      Wkv6Weights weights =
          new Wkv6Weights(
              w.decaysByToken(),
              upload(arena, w.decay()),
              upload(arena, w.first()),
              upload(arena, w.norm()));
      processor.wkv6(device, weights, call.stretch(state));
      call.out(device.y(), x.y());
      call.headBack(state);
    }
  }

  void wkv4(Wkv4Rows x, Wkv4Weights w, Stretch s) {
    try (Arena arena = Arena.ofConfined()) {
      Call call = new Call(arena, s);
      Wkv4Rows device =
          new Wkv4Rows(
              call.in(x.r()),
              call.in(x.k()),
              call.in(x.v()),
              call.in(x.e1()),
              call.in(x.e2()),
              call.in(x.y()));
      int size = s.fromChannel() + s.channelCount();
      long[] parts = {w.sums(), w.weights(), w.maxima()};
      MemorySegment state = arena.allocate(12L * size, 64);
      for (int i = 0; i < parts.length; i++) {
        MemorySegment.copy(
            s.stateMemory(), s.stateOffset() + parts[i], state, 4L * size * i, 4L * size);
      }
      Wkv4Weights weights =
          new Wkv4Weights(
              upload(arena, w.decay()), upload(arena, w.first()), 0, 4L * size, 8L * size);
      processor.wkv4(device, weights, call.stretch(state));
      call.out(device.y(), x.y());
      for (int i = 0; i < parts.length; i++) {
        long from = 4L * s.fromChannel();
        MemorySegment.copy(
            state,
            4L * size * i + from,
            s.stateMemory(),
            s.stateOffset() + parts[i] + from,
            4L * s.channelCount());
      }
    }
  }

  /** The tokens and channels of one call, which begin with token 0 on the device. */
  private record Call(Arena arena, Stretch host) {

    Rows in(Rows rows) {
      return upload(arena, rows, host.startToken(), host.endToken());
    }

    void out(Rows device, Rows rows) {
      download(
          device,
          rows,
          host.startToken(),
          host.endToken(),
          host.fromChannel(),
          host.channelCount());
    }

    Stretch stretch(MemorySegment state) {
      return new Stretch()
          .tokens(0, host.endToken() - host.startToken())
          .channels(host.fromChannel(), host.channelCount())
          .state(state, 0);
    }

    private long headBytes() {
      return 4L * host.channelCount() * host.channelCount();
    }

    MemorySegment head() {
      MemorySegment state = arena.allocate(headBytes(), 64);
      MemorySegment.copy(host.stateMemory(), host.stateOffset(), state, 0, headBytes());
      return state;
    }

    void headBack(MemorySegment state) {
      MemorySegment.copy(state, 0, host.stateMemory(), host.stateOffset(), headBytes());
    }
  }
}
