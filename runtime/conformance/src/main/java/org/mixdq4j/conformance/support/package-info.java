/** Networks, weights and comparisons for tests of executors. May use {@code core}. */
package org.mixdq4j.conformance.support;
