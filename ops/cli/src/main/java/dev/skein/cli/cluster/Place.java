package dev.skein.cli.cluster;

import java.util.List;

/**
 * Where a node of a cluster stands.
 *
 * @param bindHost address to listen on
 * @param bindPort port to listen on; 0 takes a free one
 * @param host what other nodes are told
 * @param port what other nodes are told; 0: the port that is bound
 * @param roles what the node is
 */
public record Place(String bindHost, int bindPort, String host, int port, List<String> roles) {}
