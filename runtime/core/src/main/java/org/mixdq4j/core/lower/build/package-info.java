/** A graph as a program of one step a node. May use {@code core.lower}'s values and steps. */
package org.mixdq4j.core.lower.build;
