/**
 * The engines that ours is compared with, on the same random weights in the same run. A peer runs
 * in a process of its own, as its users get it; nothing of it is part of this project. {@code
 * ops/bench/llama.cpp/fetch} brings llama.cpp.
 */
@NullMarked
package dev.skein.bench.peer;

import org.jspecify.annotations.NullMarked;
