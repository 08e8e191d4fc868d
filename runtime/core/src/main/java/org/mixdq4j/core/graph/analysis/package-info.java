/**
 * What is special about the layers of a network, derived from how its graph is wired and never from names. May use
 * {@code core.graph}.
 */
package org.mixdq4j.core.graph.analysis;
