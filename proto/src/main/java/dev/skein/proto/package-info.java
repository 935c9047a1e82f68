/**
 * What travels on the topics of a pool, and the few rules that everybody must share: the names of
 * the topics ({@link dev.skein.proto.Topics}), the shard that a session belongs to ({@link
 * dev.skein.proto.Shards}), the headers and limits of records ({@link dev.skein.proto.Wire}), and
 * the two forms of a request and of a token event, Protocol Buffers and JSON ({@link
 * dev.skein.proto.RequestCodec}, {@link dev.skein.proto.TokenEventCodec}). Who reads a whole topic
 * and wants to find one name in it again has a {@link dev.skein.proto.OffsetTable}. The messages
 * themselves are generated from {@code src/main/protobuf}. This package knows nothing of Kafka, of
 * Pekko or of the engine.
 */
@NullMarked
package dev.skein.proto;

import org.jspecify.annotations.NullMarked;
