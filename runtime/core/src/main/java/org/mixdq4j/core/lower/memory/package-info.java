/** Places for the values of a program. May use {@code core.lower}'s values and steps. */
package org.mixdq4j.core.lower.memory;
