/**
 * The graph every network is built into. Immutable data with a verifier; knows nothing of files, devices or bits. May
 * use {@code core.tensor}.
 */
package org.mixdq4j.core.graph;
