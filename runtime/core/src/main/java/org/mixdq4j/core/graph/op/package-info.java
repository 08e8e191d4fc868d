/** The closed set of operations a graph is made of, each with its shape rule. May use {@code core.tensor}. */
package org.mixdq4j.core.graph.op;
