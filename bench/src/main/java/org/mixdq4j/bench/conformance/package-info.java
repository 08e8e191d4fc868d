/** How fast executors compute the pieces of networks. May use {@code core.exec}, the pieces of mixdq-conformance and oneDNN. */
package org.mixdq4j.bench.conformance;
