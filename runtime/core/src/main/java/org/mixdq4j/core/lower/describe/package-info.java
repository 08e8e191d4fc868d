/** Programs for people: what each step does, in few words and numbers. May use {@code core.lower}'s values and steps. */
package org.mixdq4j.core.lower.describe;
